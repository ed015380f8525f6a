import { expect, test } from 'bun:test';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import { openResidency, type Resident } from '../../../../src/models/loaded/residency.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

async function setup() {
  const folder = await tempFolder();
  const path = folder.at('residency.json');
  const log = recordingLogger();
  const clock = new FakeClock();
  const open = (files: Parameters<typeof openResidency>[0]['files'] = systemFiles) =>
    openResidency({ path, files, clock, log });
  return { folder, path, log, clock, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const resident = (about: Partial<Resident> = {}): Resident => ({
  model: toModelId('fox'),
  source: synthetic,
  gb: 2.5,
  lastUsedAt: 1_000,
  ...about,
});

test('residents are found by the next run, most recently used first', async () => {
  await using at = await setup();
  const residency = await at.open();
  const owl = resident({ model: toModelId('owl'), lastUsedAt: 2_000 });
  residency.remember([resident(), owl]);
  await residency.saved();
  expect((await at.open()).found).toEqual([owl, resident()]);
  expect((await stat(at.path)).mode & 0o777).toBe(0o600);
});

test('digits of a model source that no number can hold survive', async () => {
  await using at = await setup();
  const approxBytes = 18_446_744_073_709_551_615n;
  const file = {
    role: 'model',
    url: 'https://models.example/fox',
    filename: 'fox',
    approxBytes,
    sha256: undefined,
  } as const;
  const residency = await at.open();
  residency.remember([resident({ source: { ...synthetic, files: [file] } })]);
  await residency.saved();
  expect((await at.open()).found[0]?.source.files[0]?.approxBytes).toBe(approxBytes);
});

test('of many changes at once the last is what is on the disk', async () => {
  await using at = await setup();
  const residency = await at.open();
  for (let gb = 0; gb < 20; gb++) residency.remember([resident({ gb })]);
  residency.remember([]);
  await residency.saved();
  expect((await at.open()).found).toEqual([]);
});

test('a URL’s secrets are neither stored nor left in the file', async () => {
  await using at = await setup();
  const file = { role: 'model', filename: 'fox', approxBytes: undefined, sha256: undefined } as const;
  const named = (url: string) => resident({ source: { ...synthetic, files: [{ ...file, url }] } });
  const secret = 'https://ada:S3CRET@models.example/fox?sig=S3CRET#S3CRET';
  await writeFile(at.path, JSON.stringify({ version: 1, models: [named(secret)] }));
  const residency = await at.open();
  await residency.saved();
  const rewritten = await readFile(at.path, 'utf8');
  residency.remember([named(`data:application/octet-stream;base64,${'S3CRET'.repeat(1_000)}`)]);
  await residency.saved();
  expect(rewritten).toContain('https://models.example/fox');
  expect(`${rewritten}${await readFile(at.path, 'utf8')}`).not.toContain('S3CRET');
  expect((await at.open()).found[0]?.source.files[0]?.url).toStartWith('data: URL of ');
});

test('a first run finds nothing and logs nothing', async () => {
  await using at = await setup();
  expect((await at.open()).found).toEqual([]);
  expect(at.log.events).toEqual([]);
});

test.each([
  ['cut off', '{"version":1,"models":[{"mod'],
  ['of another version', '{"version":2,"models":[]}'],
  ['without a list', '{"version":1,"models":{}}'],
  [
    'with a model of no engine we know',
    JSON.stringify({ version: 1, models: [{ ...resident(), source: { ...synthetic, engine: 'x' } }] }),
  ],
  ['with a size that is none', JSON.stringify({ version: 1, models: [{ ...resident(), gb: -1 }] })],
  ['with half an entry', JSON.stringify({ version: 1, models: [{ model: 'fox' }] })],
])('a residency file that is %s is put aside under its time', async (_what, text) => {
  await using at = await setup();
  await writeFile(at.path, text);
  expect((await at.open()).found).toEqual([]);
  const aside = `residency.json.corrupt-${at.clock.now() / 1000}`;
  expect(await readdir(at.folder.path)).toEqual([aside]);
  expect(await readFile(at.folder.at(aside), 'utf8')).toBe(text);
  expect(at.log.find('residency.unreadable')?.level).toBe('warn');
});

test('whatever the file holds the worker starts', async () => {
  const log = recordingLogger();
  const open = (text: string) => {
    const files = {
      readText: () => Promise.resolve(text),
      writeAtomic: () => Promise.resolve(),
      rename: () => Promise.resolve(),
    };
    return openResidency({ path: 'residency.json', files, clock: new FakeClock(), log });
  };
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      expect((await open(text)).found).toEqual([]);
    }),
  );
});

test('a disk that cannot be written is logged once for each change', async () => {
  await using at = await setup();
  const residency = await at.open({
    ...systemFiles,
    writeAtomic: () => Promise.reject(new Error('read-only file system')),
  });
  residency.remember([resident()]);
  await residency.saved();
  expect(at.log.find('residency.not-saved')?.fields).toMatchObject({ error: 'read-only file system' });
});

test('the GPU of a resident is found by the next run', async () => {
  await using at = await setup();
  const residency = await at.open();
  residency.remember([resident({ gpu: 'GPU-3' }), resident({ model: toModelId('owl'), lastUsedAt: 2_000 })]);
  await residency.saved();
  expect((await at.open()).found.map(({ model, gpu }) => [String(model), gpu])).toEqual([
    ['owl', undefined],
    ['fox', 'GPU-3'],
  ]);
});
