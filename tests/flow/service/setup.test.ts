import { expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { anAccount, type Account } from '../../fakes/service/account.ts';
import { LINUX, needs } from '../../needs.ts';
import { setupStudio } from '../harness.ts';
import { waitFor } from '../wait-for.ts';

const test = needs(LINUX);

/** Every file and folder of a home, with the bytes of each file. */
async function contentOf({ home }: Account): Promise<Record<string, string>> {
  const names = await readdir(home, { recursive: true });
  const entries = names.toSorted().map(async (name) => {
    const path = join(home, name);
    return [name, (await stat(path)).isDirectory() ? 'folder' : await readFile(path, 'latin1')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

test('setup installs the service and says which name to approve where', async () => {
  await using account = await anAccount();
  const { code, out, err } = await account.run('setup', '--api-base-url', 'http://127.0.0.1:9');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(hostname());
  expect(out).toEndWith(`Next: approve ${hostname()} in the studio at http://127.0.0.1:9\n`);
  expect(await account.system.calls()).toContain('systemctl --user restart minis-studio-worker.service');
});

test('setup --headless keeps the worker running while nobody is logged in', async () => {
  await using account = await anAccount();
  await account.system.answer('show-user', 'Linger=no\n');
  await account.run('setup', '--headless');
  expect(await account.system.calls()).toContainEqual(expect.stringMatching(/^loginctl enable-linger/));
  await account.system.fail('enable-linger', 'Access denied');
  const denied = await account.run('setup', '--headless');
  expect(denied.code).toBe(0);
  expect(denied.out).toContain('sudo loginctl enable-linger');
});

test('a second setup leaves the same files', async () => {
  await using account = await anAccount();
  await account.run('setup', '--headless');
  const before = await contentOf(account);
  expect((await account.run('setup', '--headless')).code).toBe(0);
  expect(await contentOf(account)).toEqual(before);
});

test('setup spends a bootstrap token once, however often it is run', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount();
  const { token } = (await (await scene.studio.operator('POST', '/bootstrap-tokens')).json()) as { token: string };
  const line = ['setup', '--api-base-url', scene.studio.url, '--bootstrap-token', token];
  const first = await account.run(...line);
  expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
  expect(first.out).toContain('Registered as');
  expect((await account.run(...line)).out).toContain('Registered as');
});

test('setup without auto_start removes the service and names the start command', async () => {
  await using account = await anAccount();
  await account.run('setup');
  const config = await readFile(account.configPath, 'utf8');
  await writeFile(account.configPath, config.replace(/^#? ?auto_start = .*$/m, 'auto_start = false'));
  const { code, out } = await account.run('setup');
  expect(code).toBe(0);
  expect(out).toContain('none, since auto_start is false');
  expect(out).toContain('Next: run `studio-worker run`');
  expect(await readdir(dirname(account.unit))).toEqual([]);
});

test('uninstall --purge stops the worker and leaves the home as it was', async () => {
  await using account = await anAccount();
  await writeFile(join(account.home, '.profile'), 'umask 022\n');
  await mkdir(join(account.home, 'models'));
  await writeFile(join(account.home, 'models/of-the-operator.gguf'), 'weights');
  const before = await contentOf(account);
  await account.run('setup', '--headless', '--api-base-url', 'http://127.0.0.1:9');

  const worker = account.start('run');
  await waitFor(
    'a worker that answers commands',
    () => existsSync(join(dirname(account.configPath), 'local-api.json')),
    () => '',
  );

  const { code, out, err } = await account.run('uninstall', '--purge', '--yes');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('stopped the worker\n');
  expect(await worker.exited).toBe(0);
  expect(await contentOf(account)).toEqual(before);
});

test('uninstall without --purge keeps the config', async () => {
  await using account = await anAccount();
  await account.run('setup');
  const { code, out } = await account.run('uninstall', '--yes');
  expect(code).toBe(0);
  expect(out).toContain(account.configPath);
  expect((await stat(account.configPath)).isFile()).toBe(true);
  expect(await stat(account.unit).catch(() => 'gone')).toBe('gone');
  expect((await account.run('uninstall', '--yes')).out).toContain('nothing to reverse');
});

test('uninstall changes nothing where nobody can confirm it', async () => {
  await using account = await anAccount();
  await account.run('setup');
  const before = await contentOf(account);
  const { code, err } = await account.run('uninstall');
  expect(code).toBe(64);
  expect(err).toContain('--yes');
  expect(await contentOf(account)).toEqual(before);
});
