import { expect, test } from 'bun:test';
import { mkdir, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { runMain } from '../../fakes/run-main.ts';
import { type Account, anAccount } from '../../fakes/service/account.ts';
import { LINUX, needs } from '../../needs.ts';

const onLinux = needs(LINUX);

/** The changes in the receipt, but for the folders that were made. */
const noted = async (account: Account): Promise<readonly string[]> =>
  (await readFile(account.receipt, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('dir\t'));

onLinux('install-service writes a private unit, starts it and notes the change', async () => {
  await using account = await anAccount();
  await account.system.answer('show-user', 'Linger=no\n');
  const { code, out, err } = await account.run('install-service');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toStartWith(`wrote service unit: ${account.unit}\nactivated service unit\n`);
  expect(out).toContain('studio-worker install-service --linger');
  const text = await readFile(account.unit, 'utf8');
  const home = account.home.replaceAll('%', '%%');
  expect(text).toContain(`ReadWritePaths="-${home}/models"\n`);
  expect(text).toContain(`ReadWritePaths="-${home}/.cache/studio-worker"\n`);
  expect(text).toContain(`ReadWritePaths="-${home}/.config/minis-studio-worker"\n`);
  expect(text).toMatch(/\nExecStart=\S+bun\S* \S*src\/main.ts run\n/);
  expect((await stat(account.unit)).mode & 0o777).toBe(0o600);
  expect(await noted(account)).toEqual([`service\t${account.unit}`]);
  expect((await account.system.calls()).filter((call) => call.startsWith('systemctl'))).toEqual([
    'systemctl --user daemon-reload',
    'systemctl --user enable minis-studio-worker.service',
    'systemctl --user restart minis-studio-worker.service',
  ]);
});

onLinux('a service may write results where the operator linked them to', async () => {
  await using account = await anAccount();
  const results = join(account.home, 'disk/results');
  await mkdir(results, { recursive: true });
  await mkdir(join(account.home, '.config/minis-studio-worker'), { recursive: true });
  await symlink(results, join(account.home, '.config/minis-studio-worker/outbox'));
  await account.run('install-service');
  const written = (await realpath(results)).replaceAll('%', '%%');
  expect(await readFile(account.unit, 'utf8')).toContain(`ReadWritePaths="-${written}"\n`);
});

onLinux('a second install-service changes nothing but restarts the service', async () => {
  await using account = await anAccount();
  await account.run('install-service');
  const before = await readFile(account.unit, 'utf8');
  expect((await account.run('install-service')).code).toBe(0);
  expect(await readFile(account.unit, 'utf8')).toBe(before);
  expect(await noted(account)).toEqual([`service\t${account.unit}`]);
});

onLinux('a config file that was named is the one that the service uses', async () => {
  await using account = await anAccount();
  const config = join(account.home, 'a b/config.toml');
  await account.run('install-service', '--config', config);
  expect(await readFile(account.unit, 'utf8')).toContain(` --config "${config.replaceAll('%', '%%')}" run\n`);
});

onLinux('a service that fails to start keeps its unit and names manual commands', async () => {
  await using account = await anAccount();
  await account.system.fail('restart', 'Job for minis-studio-worker.service failed.');
  const { code, err } = await account.run('install-service');
  expect(code).toBe(69);
  expect(err).toContain('Job for minis-studio-worker.service failed.');
  expect(err).toContain('`systemctl --user enable minis-studio-worker.service`, then');
  expect(await noted(account)).toEqual([`service\t${account.unit}`]);
  expect((await stat(account.unit)).isFile()).toBe(true);
});

onLinux('a machine without systemd is told so and keeps no unit', async () => {
  await using account = await anAccount([]);
  // A search path with nothing on it but what the program itself needs.
  const { code, err } = await runMain(['install-service'], { HOME: account.home, PATH: account.system.folder });
  expect(code).toBe(69);
  expect(err).toContain('[service.unsupported]');
  expect(await readdir(join(account.home, '.config/systemd/user'))).toEqual([]);
});

onLinux('a system without user namespaces gets a service without isolation and a note', async () => {
  await using account = await anAccount();
  await account.system.fail('systemd-run', 'Failed to start transient service unit');
  const { code, out } = await account.run('install-service');
  expect(code).toBe(0);
  expect(out).toContain('no user namespaces');
  expect(await readFile(account.unit, 'utf8')).not.toContain('PrivateUsers');
});

onLinux('--linger keeps the worker running without a session, or says how root can', async () => {
  await using account = await anAccount();
  await account.system.answer('show-user', 'Linger=yes\n');
  const { code, out } = await account.run('install-service', '--linger');
  expect(code).toBe(0);
  expect(out).toContain('also while nobody is logged in');
  expect(await account.system.calls()).toContainEqual(expect.stringMatching(/^loginctl enable-linger \S+$/));
  await account.system.fail('enable-linger', 'Could not enable linger: Access denied');
  const denied = await account.run('install-service', '--linger');
  expect(denied.code).toBe(69);
  expect(denied.err).toContain('sudo loginctl enable-linger');
});

onLinux('uninstall-service stops the service, removes its unit and the note about it', async () => {
  await using account = await anAccount();
  await account.run('install-service');
  const { code, out, err } = await account.run('uninstall-service');
  expect({ code, out, err }).toEqual({ code: 0, out: `removed service unit: ${account.unit}\n`, err: '' });
  expect(await account.system.calls()).toContain('systemctl --user disable --now minis-studio-worker.service');
  expect((await account.system.calls()).at(-1)).toBe('systemctl --user reset-failed minis-studio-worker.service');
  expect(await noted(account)).toEqual([]);
  expect(await account.run('uninstall-service')).toMatchObject({
    code: 0,
    out: `no service unit to remove at ${account.unit}\n`,
  });
});

onLinux('a service manager that does not answer keeps no unit from being removed', async () => {
  await using account = await anAccount();
  await account.run('install-service');
  await account.system.fail('systemctl', 'Failed to connect to bus: No medium found');
  const { code, err } = await account.run('uninstall-service');
  expect(code).toBe(0);
  expect(err).toContain(
    'warning: `systemctl --user disable --now minis-studio-worker.service`: Failed to connect to bus',
  );
  expect(await readdir(join(account.home, '.config/systemd/user'))).toEqual([]);
});

test('a password of a proxy is in the unit and nowhere on the screen', async () => {
  await using account = await anAccount();
  const { out, err } = await account.run('install-service', '--json');
  expect(out + err).not.toContain('s3cret');
});
