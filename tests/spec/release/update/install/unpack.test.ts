import { expect, test } from 'bun:test';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { toWorkerError } from '../../../../../src/base/errors.ts';
import { createRunForUpdate } from '../../../../../src/release/update/install/programs.ts';
import { createUnpack } from '../../../../../src/release/update/install/unpack.ts';
import { systemClock } from '../../../../../src/system/clock.ts';
import { systemFiles } from '../../../../../src/system/disk/files.ts';
import { readZip } from '../../../../../src/system/native/zip.ts';
import { createAskProgram } from '../../../../../src/system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../../src/system/process/programs.ts';
import { failureOf, tempFolder } from '../../../../fakes/system/temp-folder.ts';
import { makeZip } from '../../../../fakes/system/zip.ts';

const MEMBER = 'studio-worker-x/studio-worker';
const never = new AbortController().signal;

/** The programs and the disk of this machine, with another `PATH` where one is given. */
function unpacker(path = processVariables()['PATH'] ?? '') {
  const env = childEnvironment({ ...processVariables(), PATH: path });
  const run = createRunForUpdate(createAskProgram(runProgram, systemClock), env);
  return createUnpack({ files: systemFiles, run, readZip });
}

test('a tar archive gives the one file that is asked for', async () => {
  await using folder = await tempFolder();
  await Bun.write(
    folder.at('r.tar'),
    await new Bun.Archive({ [MEMBER]: 'program', 'studio-worker-x/README': '-' }).bytes(),
  );
  await unpacker()(folder.at('r.tar'), MEMBER, folder.at('program'), never);
  expect(await readFile(folder.at('program'), 'utf8')).toBe('program');
  expect((await readdir(folder.path)).toSorted()).toEqual(['program', 'r.tar']);
});

test('a killed attempt’s files are not taken for a tar’s contents', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('program.unpacked/studio-worker-x'), { recursive: true });
  await writeFile(folder.at(`program.unpacked/${MEMBER}`), 'half of');
  await Bun.write(folder.at('r.tar'), await new Bun.Archive({ other: '-' }).bytes());
  const error = toWorkerError(await failureOf(unpacker()(folder.at('r.tar'), MEMBER, folder.at('program'), never)));
  expect(error.code).toBe('update.blocked');
  expect(await readdir(folder.path)).toEqual(['r.tar']);
});

test('a tar archive that is cut is reported with the words of `tar`', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('r.tar'), 'nothing of an archive');
  const error = toWorkerError(await failureOf(unpacker()(folder.at('r.tar'), MEMBER, folder.at('program'), never)));
  expect(error.code).toBe('update.blocked');
  expect(error.message).toMatch(/^cannot unpack .*tar/);
  expect(error.hint).toContain('`xz`');
});

test('a machine without `tar` is told what cannot be started', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('bin'));
  await Bun.write(folder.at('r.tar'), await new Bun.Archive({ [MEMBER]: 'program' }).bytes());
  const unpack = unpacker(folder.at('bin'));
  const error = toWorkerError(await failureOf(unpack(folder.at('r.tar'), MEMBER, folder.at('program'), never)));
  expect(error).toMatchObject({ code: 'update.blocked', message: expect.stringContaining('cannot start tar') });
});

test('an unpacking that is cancelled ends with the reason of the cancel', async () => {
  await using folder = await tempFolder();
  const why = new Error('the worker stops');
  await Bun.write(folder.at('r.tar'), await new Bun.Archive({ [MEMBER]: 'program' }).bytes());
  const unpacking = unpacker()(folder.at('r.tar'), MEMBER, folder.at('program'), AbortSignal.abort(why));
  expect(await failureOf(unpacking)).toBe(why);
});

test('a zip archive gives its executable wherever it lies in it', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('r.zip'), makeZip({ 'any/studio-worker.exe': { text: 'program' } }));
  await unpacker()(folder.at('r.zip'), 'studio-worker-x/studio-worker.exe', folder.at('program.exe'), never);
  expect(await readFile(folder.at('program.exe'), 'utf8')).toBe('program');
  expect((await stat(folder.at('program.exe'))).mode & 0o111).not.toBe(0);
});

test('a zip archive without the executable is not trusted', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('r.zip'), makeZip({ 'other.exe': { text: 'program' } }));
  const unpacking = unpacker()(folder.at('r.zip'), 'x/studio-worker.exe', folder.at('program.exe'), never);
  expect(toWorkerError(await failureOf(unpacking)).code).toBe('update.untrusted');
});

test.each([
  ['cut off', (bytes: Uint8Array) => bytes.subarray(0, 40), 'this is no zip archive, or only a part of one'],
  ['of something else', () => new TextEncoder().encode('nothing of an archive'), 'this is no zip archive'],
  ['with a damaged file', (bytes: Uint8Array) => bytes.fill(0xff, 50, 60), 'a file of the archive is damaged'],
  ['that does not inflate', (bytes: Uint8Array) => bytes.fill(0xff, 49, 60), 'invalid block type'],
])('a zip archive %s is not trusted, and says why', async (_what, damage, because) => {
  await using folder = await tempFolder();
  await writeFile(folder.at('r.zip'), damage(makeZip({ 'x/studio-worker.exe': { text: 'program '.repeat(50) } })));
  const unpacking = unpacker()(folder.at('r.zip'), 'x/studio-worker.exe', folder.at('program.exe'), never);
  const error = toWorkerError(await failureOf(unpacking));
  expect(error.code).toBe('update.untrusted');
  expect(error.message).toContain(because);
});
