import { expect, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { toWorkerError } from '../../../../../src/base/errors.ts';
import { type InstallDeps, installStaged, versionPrinted } from '../../../../../src/release/update/install/install.ts';
import { systemClock } from '../../../../../src/system/clock.ts';
import { sha256 } from '../../../../../src/system/disk/digest.ts';
import { createAskProgram } from '../../../../../src/system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../../src/system/process/programs.ts';
import { recordingLogger } from '../../../../fakes/recording-logger.ts';
import { failureOf, tempFolder } from '../../../../fakes/system/temp-folder.ts';

const WORKS = 'cp "$2/studio-worker.new" "$STUDIO_WORKER_INSTALL_DIR/studio-worker"';

/** An installed executable and a staged one, with an installer that is this script; none where it is undefined. */
async function setup(script: string | undefined, about: Partial<InstallDeps> & { name?: string } = {}) {
  const { name = 'studio-worker', ...over } = about;
  const folder = await tempFolder();
  const log = recordingLogger();
  await writeFile(folder.at(name), 'old');
  await writeFile(folder.at('studio-worker.new'), 'new');
  if (script !== undefined) await writeFile(folder.at('install.sh'), script);
  const deps: InstallDeps = {
    place: folder.at(name),
    platform: 'linux',
    ask: createAskProgram(runProgram, systemClock),
    environment: (extra) => childEnvironment(processVariables(), extra),
    async sumOf(path) {
      const bytes = await readFile(path);
      return { sizeBytes: bytes.byteLength, sha256: sha256(bytes).toHex() };
    },
    replaceExecutable: async (program) => await writeFile(folder.at(name), await readFile(program)),
    log,
    ...over,
  };
  const staged = {
    version: '0.6.0',
    folder: folder.path,
    program: folder.at('studio-worker.new'),
    installer: script === undefined ? undefined : folder.at('install.sh'),
  };
  return {
    log,
    install: () => installStaged(staged, deps),
    installed: () => readFile(folder.at(name), 'utf8'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("a release's own installer puts its executable in place", async () => {
  await using scene = await setup(WORKS);
  await scene.install();
  expect(await scene.installed()).toBe('new');
  expect(scene.log.names()).toEqual([]);
});

test('an installer is told that it updates', async () => {
  await using scene = await setup(`test "$STUDIO_WORKER_UPDATE" = 1 && ${WORKS}`);
  await scene.install();
  expect(scene.log.names()).toEqual([]);
});

test.each([
  ['that fails', 'echo "no xz here" >&2; exit 3', 'the installer did not: no xz here'],
  ['that did nothing', 'exit 0', 'the installer did not: it exited'],
  ['that put another file there', 'echo other > "$STUDIO_WORKER_INSTALL_DIR/studio-worker"', 'it exited'],
])('an installer %s leaves it to the worker', async (_what, script, because) => {
  await using scene = await setup(script);
  await scene.install();
  expect(await scene.installed()).toBe('new');
  expect(scene.log.find('update.swapped-here')?.fields['because']).toContain(because);
});

test('an executable is swapped in where the release has no installer', async () => {
  await using scene = await setup(undefined);
  await scene.install();
  expect(await scene.installed()).toBe('new');
  expect(scene.log.find('update.swapped-here')?.fields['because']).toContain('no installer');
});

test('an executable under another name is swapped in under that name', async () => {
  await using scene = await setup(WORKS, { name: 'gpu-worker' });
  await scene.install();
  expect(await scene.installed()).toBe('new');
  expect(scene.log.find('update.swapped-here')?.fields['because']).toContain('gpu-worker');
});

test.each([
  ['EACCES', 'permission denied'],
  ['EBUSY', 'EBUSY'],
  ['EROFS', 'EROFS'],
])('a system that answers %s blocks the update, and not the release', async (code, because) => {
  const refused = Object.assign(new Error('no'), { code });
  await using scene = await setup(undefined, { replaceExecutable: () => Promise.reject(refused) });
  const error = toWorkerError(await failureOf(scene.install()));
  expect(error).toMatchObject({ code: 'update.blocked', fields: { because } });
});

test('a full disk is reported as itself, and not as a blocked update', async () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  await using scene = await setup(undefined, { replaceExecutable: () => Promise.reject(full) });
  expect(await failureOf(scene.install())).toBe(full);
});

test('the version of an executable is read from what it prints', () => {
  expect(versionPrinted('studio-worker 0.5.0 (linux)\n')).toBe('0.5.0');
});

test.each([[undefined], [''], ['bun 1.4.5'], ['error: cannot start']])(
  'an executable that prints %p is no version to go back to',
  async (output) => {
    const error = toWorkerError(await failureOf(Promise.try(() => versionPrinted(output))));
    expect(error.code).toBe('update.not-found');
    expect(error.hint).toContain('--version');
  },
);
