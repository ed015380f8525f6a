import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIB } from '../../../../src/base/units.ts';
import { type Files, systemFiles } from '../../../../src/system/disk/files.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { LINUX, needs } from '../../../needs.ts';

const root = await mkdtemp(join(tmpdir(), 'append-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: Uint8Array): string => new TextDecoder().decode(read);

/** The real thing and its fake keep the same promises. */
const subjects: [string, () => Promise<{ files: Files; path: string }>][] = [
  ['real', async () => ({ files: systemFiles, path: join(await mkdtemp(join(root, 'case-')), 'file') })],
  ['fake', () => Promise.resolve({ files: new MemoryFiles(), path: '/folder/file' })],
];

test.each(subjects)('a %s file grows at its end and is read at any place', async (_name, setup) => {
  const { files, path } = await setup();
  const file = files.openAppend(path, 0);
  file.append([bytes('ab'), bytes('cd')]);
  file.append([bytes('ef')]);
  file.sync();
  expect([file.endAt, text(file.read(1, 4))]).toEqual([6, 'bcde']);
  file.close();
});

test.each(subjects)('a %s file opened again goes on at the place it is told', async (_name, setup) => {
  const { files, path } = await setup();
  const first = files.openAppend(path, 0);
  first.append([bytes('abcdef')]);
  first.close();
  const second = files.openAppend(path, 4);
  second.append([bytes('XY')]);
  expect([second.endAt, text(second.read(0, 6))]).toEqual([6, 'abcdXY']);
  second.close();
});

test.each(subjects)('a %s file that is cut forgets what was behind the cut', async (_name, setup) => {
  const { files, path } = await setup();
  const file = files.openAppend(path, 0);
  file.append([bytes('abcdef')]);
  file.cutTo(2);
  expect([file.endAt, file.read(0, 6).length]).toEqual([2, 2]);
  file.append([bytes('Z')]);
  expect(text(file.read(0, 3))).toBe('abZ');
  file.close();
});

test.each(subjects)('a %s file that is replaced holds the new bytes and grows on', async (_name, setup) => {
  const { files, path } = await setup();
  const file = files.openAppend(path, 0);
  file.append([bytes('old old old')]);
  file.replace([bytes('ne'), bytes('w')]);
  file.append([bytes('!')]);
  expect([file.endAt, text(file.read(0, 4))]).toEqual([4, 'new!']);
  file.close();
});

test('a replacement that fails leaves the old bytes readable', async () => {
  const folder = await mkdtemp(join(root, 'case-'));
  const path = join(folder, 'file');
  const file = systemFiles.openAppend(path, 0);
  file.append([bytes('old')]);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in the way');
  expect(() => file.replace([bytes('new')])).toThrow('EEXIST');
  expect([file.endAt, text(file.read(0, 3))]).toEqual([3, 'old']);
  file.close();
});

test('a closed file rejects writes and never touches its successor', async () => {
  const { files, path } = { files: systemFiles, path: join(await mkdtemp(join(root, 'case-')), 'file') };
  const file = files.openAppend(path, 0);
  file.close();
  file.close();
  const other = files.openAppend(`${path}-2`, 0);
  expect(() => file.append([bytes('x')])).toThrow();
  expect((await stat(`${path}-2`)).size).toBe(0);
  other.close();
});

test('an append file is zero-filled ahead, so syncs log no metadata', async () => {
  const path = join(await mkdtemp(join(root, 'case-')), 'file');
  const file = systemFiles.openAppend(path, 0);
  file.append([bytes('abc')]);
  const { size } = await stat(path);
  file.append([new Uint8Array(100 * KIB).fill(1)]);
  expect([size, (await stat(path)).size]).toEqual([256 * KIB, 256 * KIB]);
  expect((await readFile(path)).subarray(file.endAt).every((byte) => byte === 0)).toBe(true);
  file.append([new Uint8Array(600 * KIB).fill(1)]);
  expect((await stat(path)).size).toBeGreaterThanOrEqual(file.endAt);
  file.close();
});

test('a new file is owner-only and a replacement leaves nothing beside it', async () => {
  const folder = await mkdtemp(join(root, 'case-'));
  const file = systemFiles.openAppend(join(folder, 'file'), 0);
  for (const _round of [1, 2]) {
    expect([(await stat(join(folder, 'file'))).mode & 0o777, await readdir(folder)]).toEqual([0o600, ['file']]);
    file.replace([bytes('new')]);
  }
  file.close();
});

needs(LINUX)('a disk without room is named as what it is', () => {
  // Every write to this device fails with ENOSPC (full(4)).
  const file = systemFiles.openAppend('/dev/full', 0);
  let thrown: unknown;
  try {
    file.append([bytes('abc')]);
  } catch (error) {
    thrown = error;
  }
  file.close();
  expect(thrown).toMatchObject({ code: 'disk.full' });
});
