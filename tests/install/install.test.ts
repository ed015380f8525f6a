import { describe, expect, test } from 'bun:test';
import { chmod, copyFile, mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openReceipt } from '../../src/release/receipt.ts';
import { systemFiles } from '../../src/system/disk/files.ts';
import { LINUX, needs } from '../needs.ts';
import { endOf } from '../fakes/run-main.ts';
import { contentsOf } from './machine.ts';
import { standIn } from './release.ts';
import { commandOf, setup, type Setup } from './setup.ts';

const SHELLS = ['dash', 'bash', 'busybox', 'zsh', 'ksh', 'mksh'];
const userlandOf = (shell: string) => ({ userland: shell === 'busybox' ? 'busybox' : 'debian' }) as const;
const binaryOf = ({ machine }: Setup): string => join(machine.home, '.local/bin/studio-worker');
const receiptOf = ({ machine }: Setup): string => join(machine.home, '.local/share/studio-worker/install-receipt.tsv');

/** Start-up files as people have them: without an end of line, with Windows ones, as a link, not for others. */
async function furnish({ machine: { home, folder } }: Setup): Promise<void> {
  await writeFile(join(home, '.profile'), 'umask 022\n');
  await writeFile(join(home, '.bashrc'), 'alias ll="ls -l"\nPS1="$ "', { mode: 0o600 });
  await writeFile(join(home, '.bash_profile'), '. ~/.bashrc\r\n');
  await writeFile(join(folder, 'dotfiles-zshenv'), 'export EDITOR=vi\n\n');
  await symlink(join(folder, 'dotfiles-zshenv'), join(home, '.zshenv'));
  await mkdir(join(home, '.config'));
}

for (const shell of SHELLS) {
  describe(shell, () => {
    const test = needs(LINUX, shell);

    test('installs, and uninstalling leaves every byte as it was', async () => {
      await using it = await setup(userlandOf(shell));
      await furnish(it);
      const before = await contentsOf(it.machine.home);
      await it.release();
      const installed = await it.install(shell);
      expect(installed).toMatchObject({ code: 0, err: '' });
      expect(installed.out).toContain(`  installed  ${binaryOf(it)}\n`);
      expect(await it.machine.run([binaryOf(it), '--version'])).toMatchObject({ out: 'studio-worker 0.6.0\n' });
      expect(await it.install(shell, '--uninstall', '--purge')).toEqual({
        code: 0,
        out: 'studio-worker is uninstalled\n',
        err: '',
      });
      expect(await contentsOf(it.machine.home)).toEqual(before);
    });

    test('installs from a pipe, in an empty home', async () => {
      await using it = await setup(userlandOf(shell));
      await it.release();
      const stdin = await Bun.file(it.script).bytes();
      const env = { STUDIO_WORKER_BASE_URL: it.server.url };
      expect(await it.machine.run(commandOf(shell), { stdin, env })).toMatchObject({ code: 0, err: '' });
      const uninstall = [...commandOf(shell), '-s', '--', '--uninstall', '--purge'];
      expect(await it.machine.run(uninstall, { stdin, env })).toMatchObject({ code: 0, err: '' });
      expect(await contentsOf(it.machine.home)).toEqual({});
    });

    test('does nothing when the script itself was cut short', async () => {
      await using it = await setup(userlandOf(shell));
      await it.release();
      const whole = await Bun.file(it.script).text();
      const stdin = Buffer.from(whole.slice(0, whole.lastIndexOf('main "$@"')));
      await it.machine.run(commandOf(shell), { stdin, env: { STUDIO_WORKER_BASE_URL: it.server.url } });
      expect(it.server.requests).toEqual([]);
      expect(await contentsOf(it.machine.home)).toEqual({});
    });

    test('installs over an earlier version, keeps it, and changes nothing else twice', async () => {
      await using it = await setup(userlandOf(shell));
      await furnish(it);
      const before = await contentsOf(it.machine.home);
      await it.release({ version: '0.6.0' });
      await it.install(shell);
      const profile = await readFile(join(it.machine.home, '.profile'), 'utf8');
      await it.release({ version: '0.7.0' });
      const installed = await it.install(shell);
      expect(installed).toMatchObject({ code: 0, err: '' });
      expect(installed.out).toContain('A worker that runs now keeps its version until it is restarted.');
      expect(await readFile(`${binaryOf(it)}.previous`, 'utf8')).toBe(standIn('0.6.0'));
      expect(await readFile(binaryOf(it), 'utf8')).toBe(standIn('0.7.0'));
      expect(await readFile(join(it.machine.home, '.profile'), 'utf8')).toBe(profile);
      const lines = (await readFile(receiptOf(it), 'utf8')).split('\n');
      expect(lines.length).toBe(new Set(lines).size);
      await it.install(shell, '--uninstall');
      expect(await contentsOf(it.machine.home)).toEqual(before);
    });

    test('Ctrl-C in the middle of a download leaves nothing behind', async () => {
      await using it = await setup(userlandOf(shell));
      const { archive } = await it.release({ paddingBytes: 400_000 });
      it.server.spoil(archive, { does: 'stall', afterBytes: 100_000 });
      const child = it.machine.start([...commandOf(shell), it.script, '--base-url', it.server.url]);
      await it.server.stalled(archive);
      process.kill(-child.pid, 'SIGINT');
      expect((await endOf(child)).code).toBe(130);
      expect(await contentsOf(it.machine.home)).toEqual({});
    });

    test('a failed installation over an earlier one leaves that one as it was', async () => {
      await using it = await setup(userlandOf(shell));
      await it.release({ version: '0.6.0' });
      await it.install(shell);
      const before = await contentsOf(it.machine.home);
      await it.release({ version: '0.7.0', program: standIn('0.6.5') });
      expect(await it.install(shell)).toMatchObject({ code: 1 });
      expect(await contentsOf(it.machine.home)).toEqual(before);
    });
  });
}

test('a dry run verifies the release, says what it would do and changes nothing', async () => {
  await using it = await setup();
  const { archive } = await it.release();
  const { code, out } = await it.install('sh', '--dry-run');
  expect(code).toBe(0);
  expect(out).toContain('would install studio-worker 0.6.0 for x86_64-unknown-linux-gnu');
  expect(out).toContain(binaryOf(it));
  expect(it.server.requests).not.toContain(archive);
  expect(await contentsOf(it.machine.home)).toEqual({});
});

test('installs the version it is asked for, not the latest', async () => {
  await using it = await setup();
  await it.release({ version: '0.6.0' });
  await it.release({ version: '0.7.0' });
  expect((await it.install('sh', '--version', 'v0.6.0')).code).toBe(0);
  expect(await readFile(binaryOf(it), 'utf8')).toBe(standIn('0.6.0'));
});

test('an update installs local files quietly and without the network', async () => {
  await using it = await setup();
  await it.machine.without('curl', 'wget');
  const { folder } = await it.release();
  await writeFile(join(it.machine.home, '.bashrc'), '');
  const env = { STUDIO_WORKER_UPDATE: '1' };
  const { code, out, err } = await it.machine.run(['sh', it.script, '--from', folder], { env });
  expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
  expect(await readFile(binaryOf(it), 'utf8')).toBe(standIn('0.6.0'));
  expect(await readFile(join(it.machine.home, '.bashrc'), 'utf8')).toBe('');
  expect(it.server.requests).toEqual([]);
});

test('leaves the start-up files of shells alone when asked to', async () => {
  await using it = await setup();
  await furnish(it);
  const before = await contentsOf(it.machine.home);
  await it.release();
  expect((await it.install('sh', '--no-modify-path')).code).toBe(0);
  expect(await contentsOf(it.machine.home)).toMatchObject(before);
});

test('an installer leaves a PATH that has its folder, and prints the short name', async () => {
  await using it = await setup();
  await it.release();
  const env = { PATH: `${it.machine.programs}:${join(it.machine.home, '.local/bin')}`, SHELL: '/bin/sh' };
  const { out } = await it.machine.run(['sh', it.script, '--base-url', it.server.url], { env });
  expect(out).toEndWith('\nNext: studio-worker setup\n');
  expect(Object.keys(await contentsOf(it.machine.home))).not.toContain('.profile');
});

test('ends with the one next step, by a path that works in this terminal', async () => {
  await using it = await setup();
  await it.release();
  const { out } = await it.install('sh');
  expect(out.trimEnd().split('\n').at(-1)).toStartWith(`Next: ${binaryOf(it)} setup`);
});

test('replaces a program that is running, which runs on', async () => {
  await using it = await setup();
  await mkdir(join(it.machine.home, '.local/bin'), { recursive: true });
  await copyFile(Bun.which('cat') ?? '', binaryOf(it));
  await chmod(binaryOf(it), 0o755);
  const running = it.machine.start([binaryOf(it)]);
  await it.release();
  expect((await it.install('sh')).code).toBe(0);
  expect(running.exitCode).toBe(null);
  expect(await readFile(`${binaryOf(it)}.previous`)).toEqual(await readFile(Bun.which('cat') ?? ''));
  running.kill();
  await running.exited;
});

test('a concurrent installation is turned away, and a killed one’s files are cleared', async () => {
  await using it = await setup();
  const { archive } = await it.release({ paddingBytes: 200_000 });
  it.server.spoil(archive, { does: 'stall', afterBytes: 100_000 });
  const first = it.machine.start(['sh', it.script, '--base-url', it.server.url]);
  await it.server.stalled(archive);
  const second = await it.install('sh');
  expect(second).toMatchObject({ code: 1 });
  expect(second.err).toContain(`another installation is running (process ${first.pid})`);
  process.kill(-first.pid, 'SIGKILL');
  await first.exited;
  // What a killed one left is cleared by the next.
  expect((await it.install('sh')).code).toBe(0);
  expect((await it.install('sh', '--uninstall', '--purge')).code).toBe(0);
  expect(await contentsOf(it.machine.home)).toEqual({});
});

test('the worker reads every line of the receipt', async () => {
  await using it = await setup();
  await furnish(it);
  await it.release();
  await it.install('sh');
  const changes = await openReceipt(receiptOf(it), systemFiles).read();
  expect(changes.filter(({ is }) => is === 'unknown')).toEqual([]);
  expect(changes).toContainEqual({ is: 'file', path: binaryOf(it) });
  expect((await stat(receiptOf(it))).mode & 0o777).toBe(0o600);
});

test('uninstalling keeps what the operator added since', async () => {
  await using it = await setup();
  await it.release();
  await it.install('sh');
  const profile = join(it.machine.home, '.profile');
  await writeFile(profile, `${await readFile(profile, 'utf8')}export EDITOR=vi\n`);
  await writeFile(join(it.machine.home, '.local/bin/other'), 'a program of somebody else');
  const { out } = await it.install('sh', '--uninstall', '--purge');
  expect(out).toContain(`kept ${join(it.machine.home, '.local/bin')}, which is not empty\n`);
  expect(await readFile(profile, 'utf8')).toBe('export EDITOR=vi\n');
  expect(Object.keys(await contentsOf(it.machine.home))).toEqual([
    '.local',
    '.local/bin',
    '.local/bin/other',
    '.profile',
  ]);
});

test('uninstalling keeps config and results, and removes them on request', async () => {
  await using it = await setup();
  await it.release();
  await it.install('sh');
  const config = join(it.machine.home, '.config/minis-studio-worker/config.toml');
  await mkdir(join(config, '..'), { recursive: true });
  await writeFile(config, 'vram_threshold_gb = 12\n');
  expect((await it.install('sh', '--uninstall')).out).toContain('config and results stay in ');
  expect(await readFile(config, 'utf8')).toBe('vram_threshold_gb = 12\n');
  expect((await it.install('sh', '--uninstall')).err).toContain('nothing to uninstall');
  expect((await it.install('sh', '--uninstall', '--purge')).code).toBe(0);
  expect(Object.keys(await contentsOf(it.machine.home))).toEqual(['.config']);
});

test('uninstalling stops a service and removes what starts the worker at a login', async () => {
  await using it = await setup();
  await it.release();
  await it.install('sh');
  const asked = join(it.machine.folder, 'asked');
  await it.machine.replace('systemctl', `echo "$*" >>'${asked}'`);
  const unit = join(it.machine.home, 'minis-studio-worker.service');
  const entry = join(it.machine.home, 'studio-worker-ui.desktop');
  await Promise.all([writeFile(unit, '[Service]\n'), writeFile(entry, '[Desktop Entry]\n')]);
  const receipt = openReceipt(receiptOf(it), systemFiles);
  await receipt.add({ is: 'service', path: unit }, { is: 'login', path: entry });
  expect(await it.install('sh', '--uninstall', '--purge')).toMatchObject({ code: 0, err: '' });
  expect(await readFile(asked, 'utf8')).toBe(
    '--user disable --now minis-studio-worker.service\n--user daemon-reload\n',
  );
  expect(await contentsOf(it.machine.home)).toEqual({});
});

test('a link to a start-up file stays a link', async () => {
  await using it = await setup();
  await furnish(it);
  await it.release();
  await it.install('sh');
  expect(await readFile(join(it.machine.home, '.zshenv'), 'utf8')).toContain('fpath=(');
  await it.install('sh', '--uninstall');
  expect(await readlink(join(it.machine.home, '.zshenv'))).toBe(join(it.machine.folder, 'dotfiles-zshenv'));
});
