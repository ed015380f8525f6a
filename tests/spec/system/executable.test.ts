import { expect, test } from 'bun:test';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  executablePlace,
  removeKilledInstallation,
  restoreExecutable,
  replaceExecutable,
  whyNotReplaceable,
} from '../../../src/system/executable.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

/** An installed program, and a new one elsewhere. */
async function setup() {
  const folder = await tempFolder();
  const bin = folder.at('bin');
  await mkdir(bin);
  const place = executablePlace(join(bin, 'studio-worker'));
  await writeFile(place.path, 'old', { mode: 0o755 });
  await writeFile(folder.at('fresh'), 'new', { mode: 0o600 });
  return {
    bin,
    place,
    fresh: folder.at('fresh'),
    at: (name: string) => folder.at(name),
    texts: async () =>
      Object.fromEntries(
        await Promise.all((await readdir(bin)).map(async (name) => [name, await readFile(join(bin, name), 'utf8')])),
      ),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a new executable replaces the old one, which is kept beside it', async () => {
  await using at = await setup();
  await replaceExecutable(at.place, at.fresh);
  expect(await at.texts()).toEqual({ 'studio-worker': 'new', 'studio-worker.previous': 'old' });
  expect((await stat(at.place.path)).mode & 0o7777).toBe(0o755);
});

test('the one before comes back in one step, once', async () => {
  await using at = await setup();
  await replaceExecutable(at.place, at.fresh);
  expect(restoreExecutable(at.place)).toBe(true);
  expect(await at.texts()).toEqual({ 'studio-worker': 'old' });
  expect(restoreExecutable(at.place)).toBe(false);
  expect(await at.texts()).toEqual({ 'studio-worker': 'old' });
});

test('a file with a set-user-id bit loses it on its way', async () => {
  await using at = await setup();
  await chmod(at.fresh, 0o4755);
  await replaceExecutable(at.place, at.fresh);
  expect((await stat(at.place.path)).mode & 0o7000).toBe(0);
});

test('what a swap that was killed left behind is removed by the next one', async () => {
  await using at = await setup();
  for (const name of ['.studio-worker.new-1', '.studio-worker.old-1']) await writeFile(join(at.bin, name), '');
  await replaceExecutable(at.place, at.fresh);
  expect(Object.keys(await at.texts())).toEqual(expect.not.arrayContaining(['.studio-worker.new-1']));
});

test('a new executable that is missing leaves the old one as it was', async () => {
  await using at = await setup();
  await failureOf(replaceExecutable(at.place, at.at('nothing')));
  expect(await at.texts()).toEqual({ 'studio-worker': 'old' });
});

test('a folder that cannot be written in is known before the swap', async () => {
  await using at = await setup();
  expect(await whyNotReplaceable(at.place)).toBeUndefined();
  expect(await whyNotReplaceable(executablePlace(at.at('nowhere/studio-worker')))).toBe('ENOENT');
});

test('a killed installer’s leftovers go, a running one’s files stay', async () => {
  await using at = await setup();
  const folder = join(at.bin, '.studio-worker-install');
  const ended = Bun.spawn([process.execPath, '--version'], { stdout: 'ignore' });
  await ended.exited;
  for (const [pid, stays] of [
    [process.pid, true],
    ['', true],
    [ended.pid, false],
  ] as const) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'pid'), `${pid}\n`);
    removeKilledInstallation(at.place);
    expect((await readdir(at.bin)).includes('.studio-worker-install')).toBe(stays);
  }
});

test.each(['install/install.sh', 'install/install.ps1'])(
  '%s keeps the one before where the updater looks',
  async (path) => {
    const { previous } = executablePlace(join('bin', 'studio-worker'));
    const installer = (await readFile(path, 'utf8')).replaceAll('$bin.previous', 'studio-worker.previous');
    expect(installer).toContain(basename(previous));
  },
);
