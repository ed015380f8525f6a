import { describe, expect } from 'bun:test';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openReceipt } from '../../src/release/receipt.ts';
import { systemFiles } from '../../src/system/disk/files.ts';
import { needs, POWERSHELL } from '../needs.ts';
import { endOf } from '../fakes/run-main.ts';
import { contentsOf } from './machine.ts';
import { REFUSALS } from './refusals.ts';
import { standIn } from './release.ts';
import { setupWindows, type Setup } from './setup.ts';

/** PowerShell takes seconds to start on a machine that is busy. */
const LIMIT_MS = 240_000;
const declare = needs(POWERSHELL, 'minisign', 'openssl');
const test: typeof declare = (title, body) => declare(title, body, LIMIT_MS);

const folderOf = ({ machine }: Setup): string => join(machine.home, 'AppData/Local/Programs/studio-worker');
const binaryOf = (it: Setup): string => join(folderOf(it), 'studio-worker.exe');
const previousOf = (it: Setup): string => join(folderOf(it), 'studio-worker.previous');
const receiptOf = ({ machine }: Setup): string => join(machine.home, 'AppData/Local/studio-worker/install-receipt.tsv');
const profileOf = ({ machine }: Setup): string => join(machine.home, 'Documents/powershell/profile.ps1');
const userPathOf = ({ machine }: Setup): string => join(machine.folder, 'user-path');

/** A profile as an editor of Windows leaves it, and entries of a PATH that no expansion may touch. */
async function furnish(it: Setup): Promise<void> {
  await mkdir(join(profileOf(it), '..'), { recursive: true });
  await writeFile(profileOf(it), '\uFEFFSet-Alias ll ls\r\n$ü = 1');
  await writeFile(userPathOf(it), '%USERPROFILE%\\bin;C:\\Tools');
}

describe('PowerShell', () => {
  for (const refusal of REFUSALS) {
    test(`installs nothing where ${refusal.because}`, async () => {
      await using it = await setupWindows();
      const args = await refusal.arrange(it);
      const { code, out, err } = await it.install('pwsh', ...args);
      expect({ code, err: refusal.says.test(err) ? refusal.says.source : err + out }).toEqual({
        code: 1,
        err: refusal.says.source,
      });
      expect(Object.keys(await contentsOf(it.machine.home))).toEqual([]);
      expect(await Bun.file(userPathOf(it)).exists()).toBe(false);
    });
  }

  test('installs, and uninstalling leaves every byte as it was', async () => {
    await using it = await setupWindows();
    await furnish(it);
    const [home, path] = [await contentsOf(it.machine.home), await readFile(userPathOf(it), 'utf8')];
    await it.release();
    const installed = await it.install('pwsh');
    expect(installed).toMatchObject({ code: 0, err: '' });
    expect(installed.out).toEndWith('\nNext: studio-worker setup\n');
    expect(await it.machine.run([binaryOf(it), '--version'])).toMatchObject({ out: 'studio-worker 0.6.0\n' });
    expect(await readFile(userPathOf(it), 'utf8')).toBe(`${path};${folderOf(it)}`);
    const changes = await openReceipt(receiptOf(it), systemFiles).read();
    expect(changes.filter(({ is }) => is === 'unknown')).toEqual([]);
    expect(changes).toContainEqual({ is: 'userpath', entry: folderOf(it) });
    expect(await it.install('pwsh', '-Uninstall', '-Purge')).toMatchObject({ code: 0, err: '' });
    expect(await contentsOf(it.machine.home)).toEqual(home);
    expect(await readFile(userPathOf(it), 'utf8')).toBe(path);
  });

  test('an installer piped into PowerShell leaves nothing in the session', async () => {
    await using it = await setupWindows();
    await it.release();
    const script =
      `. tests/install/windows-stand-ins.ps1; Get-Content -Raw '${it.script}' | iex; Get-Command Install-*Worker; $run; 'still here'`
        .replace("Ada's", "Ada''s")
        .replace('tests/', `${process.cwd()}/tests/`);
    const env = { STUDIO_WORKER_BASE_URL: it.server.url };
    const { out, err } = await it.machine.run(['pwsh', '-NoProfile', '-Command', script], { env });
    expect(err).toBe('');
    expect(out).toEndWith('Next: studio-worker setup\nstill here\n');
  });

  test('does nothing when the script itself was cut short', async () => {
    await using it = await setupWindows();
    await it.release();
    const whole = await readFile(it.script, 'utf8');
    await writeFile(it.script, whole.slice(0, whole.lastIndexOf('} @args')));
    expect((await it.install('pwsh')).err).toContain("Missing closing '}'");
    expect(it.server.requests).toEqual([]);
    expect(await contentsOf(it.machine.home)).toEqual({});
  });

  test('a profile in UTF-16, as Windows PowerShell writes it, stays one and works', async () => {
    await using it = await setupWindows();
    await mkdir(join(profileOf(it), '..'), { recursive: true });
    const before = Buffer.from('\uFEFF$ü = "ok"', 'utf16le');
    await writeFile(profileOf(it), before);
    await it.release();
    await it.install('pwsh');
    const script = `. '${profileOf(it).replaceAll("'", "''")}'; $ü`;
    expect(await it.machine.run(['pwsh', '-NoProfile', '-Command', script])).toMatchObject({ out: 'ok\n', err: '' });
    await it.install('pwsh', '--uninstall', '--purge');
    expect(await readFile(profileOf(it))).toEqual(before);
  });

  test('installs over earlier versions, keeps the last one, and changes nothing else twice', async () => {
    await using it = await setupWindows();
    await furnish(it);
    const home = await contentsOf(it.machine.home);
    for (const version of ['0.6.0', '0.7.0', '0.8.0']) {
      await it.release({ version });
      expect(await it.install('pwsh')).toMatchObject({ code: 0, err: '' });
    }
    expect(await readFile(previousOf(it), 'utf8')).toBe(standIn('0.7.0'));
    expect(await readFile(binaryOf(it), 'utf8')).toBe(standIn('0.8.0'));
    expect((await readFile(userPathOf(it), 'utf8')).split(';').filter((entry) => entry === folderOf(it))).toHaveLength(
      1,
    );
    const lines = (await readFile(receiptOf(it), 'utf8')).split('\n');
    expect(lines.length).toBe(new Set(lines).size);
    await it.install('pwsh', '--uninstall', '--purge');
    expect(await contentsOf(it.machine.home)).toEqual(home);
  });

  test('a failed installation over an earlier one leaves that one as it was', async () => {
    await using it = await setupWindows();
    await it.release({ version: '0.6.0' });
    await it.install('pwsh');
    const before = await contentsOf(it.machine.home);
    await it.release({ version: '0.7.0', program: standIn('0.6.5') });
    expect(await it.install('pwsh')).toMatchObject({ code: 1 });
    expect(await contentsOf(it.machine.home)).toEqual(before);
  });

  test('Ctrl-C in the middle of a download leaves nothing behind', async () => {
    await using it = await setupWindows();
    const { archive } = await it.release({ paddingBytes: 400_000 });
    it.server.spoil(archive, { does: 'stall', afterBytes: 100_000 });
    const child = it.start('pwsh');
    await it.server.stalled(archive);
    process.kill(-child.pid, 'SIGINT');
    // PowerShell answers 0 for a script that Ctrl-C stopped.
    expect((await endOf(child)).out).not.toContain('installed');
    expect(await contentsOf(it.machine.home)).toEqual({});
  });

  test('resumes a download where the connection broke', async () => {
    await using it = await setupWindows();
    const { archive } = await it.release({ paddingBytes: 300_000 });
    it.server.spoil(archive, { does: 'break', afterBytes: 100_000 }, { does: 'break', afterBytes: 100_000 });
    expect(await it.install('pwsh')).toMatchObject({ code: 0, err: '' });
    expect(it.server.requests.slice(2)).toEqual([archive, `${archive} from 100000`, `${archive} from 200000`]);
  });

  test('an update installs local files quietly and without the network', async () => {
    await using it = await setupWindows();
    const { folder } = await it.release();
    const env = { STUDIO_WORKER_UPDATE: '1' };
    const child = it.start('pwsh', { env }, '--from', folder);
    expect(await endOf(child)).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(binaryOf(it), 'utf8')).toBe(standIn('0.6.0'));
    expect(await Bun.file(userPathOf(it)).exists()).toBe(false);
    expect(await Bun.file(profileOf(it)).exists()).toBe(false);
    expect(it.server.requests).toEqual([]);
  });

  test('a dry run verifies the release, says what it would do and changes nothing', async () => {
    await using it = await setupWindows();
    const { archive } = await it.release();
    const { code, out } = await it.install('pwsh', '-DryRun');
    expect(code).toBe(0);
    expect(out).toContain('would install studio-worker 0.6.0 for x86_64-pc-windows-msvc');
    expect(it.server.requests).not.toContain(archive);
    expect(await contentsOf(it.machine.home)).toEqual({});
  });

  test('leaves the PATH and the profile alone when asked to', async () => {
    await using it = await setupWindows();
    await it.release();
    expect((await it.install('pwsh', '-NoModifyPath')).code).toBe(0);
    expect(await Bun.file(userPathOf(it)).exists()).toBe(false);
    expect(await Bun.file(profileOf(it)).exists()).toBe(false);
  });

  for (const [verifier, without] of [
    ['minisign', ['openssl']],
    ['openssl', ['minisign']],
  ] as const) {
    test(`verifies the signature by ${verifier} where that is what there is`, async () => {
      await using it = await setupWindows();
      await it.machine.without(...without);
      const { folder } = await it.release();
      expect((await it.install('pwsh', '--dry-run')).code).toBe(0);
      const manifest = join(folder, 'dist-manifest.json');
      await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"minFrom": "0.1.0"', '"minFrom": "0.1.1"'));
      expect((await it.install('pwsh', '--dry-run')).err).toContain('is not by the project');
    });
  }

  test('a machine that cannot verify signatures says so', async () => {
    await using it = await setupWindows();
    await it.machine.without('minisign', 'openssl');
    await it.release();
    expect((await it.install('pwsh')).out).toContain('verified only by the new program itself');
  });

  test('installs nothing on a 32-bit processor', async () => {
    await using it = await setupWindows();
    const child = it.start('pwsh', { env: { PROCESSOR_ARCHITECTURE: 'x86' } });
    expect((await endOf(child)).err).toContain('no studio-worker for this processor (x86)');
  });

  test('uninstalling removes the task, the login entry and, if asked, the config', async () => {
    await using it = await setupWindows();
    await it.release();
    await it.install('pwsh');
    const asked = join(it.machine.folder, 'asked');
    await it.machine.replace('schtasks', `echo "$*" >>'${asked}'`);
    const task = join(it.machine.home, 'minis-studio-worker.task.xml');
    const config = join(it.machine.home, 'AppData/Roaming/minis/minis-studio-worker/config');
    await mkdir(config, { recursive: true });
    await Promise.all([writeFile(task, '<Task/>'), writeFile(join(config, 'config.toml'), 'kinds = {}\n')]);
    await openReceipt(receiptOf(it), systemFiles).add({ is: 'service', path: task });
    expect(await it.install('pwsh', '--uninstall', '--purge')).toMatchObject({ code: 0, err: '' });
    expect(await readFile(asked, 'utf8')).toBe('/Delete /TN MinisStudioWorker /F\n');
    await rm(join(it.machine.home, 'AppData'), { recursive: true });
    expect(await contentsOf(it.machine.home)).toEqual({});
  });
});
