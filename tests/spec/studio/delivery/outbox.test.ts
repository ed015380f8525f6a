import { afterAll, expect, test } from 'bun:test';
import {
  appendFile,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { toJobId } from '../../../../src/base/ids.ts';
import { DAY_MS, KIB } from '../../../../src/base/units.ts';
import { entryName, type OutboxEntry, readEntry, writeEntry } from '../../../../src/studio/delivery/entry.ts';
import { openOutbox, type Outbox } from '../../../../src/studio/delivery/outbox.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { anEntry } from '../../../fakes/studio/an-entry.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const root = await mkdtemp(join(tmpdir(), 'outbox-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const setup = async () => {
  const dir = join(await mkdtemp(join(root, 'case-')), 'outbox');
  const clock = new FakeClock();
  const log = recordingLogger();
  const open = (maxBytes = 1000): Promise<Outbox> =>
    openOutbox({ dir, maxBytes, files: systemFiles, clock, sha256, log });
  return { dir, clock, log, open, outbox: await open() };
};

/** One too large for the journal, and one that goes into it. */
const bytes = Uint8Array.from({ length: 65 * KIB }, (_, at) => at % 11);
const small = Uint8Array.of(1, 10, 3, 10);
const idsOf = (outbox: Outbox): string[] => outbox.entries().map((entry) => entry.jobId);

test('a result with a prompt of many pages is found after a restart', async () => {
  const { open, outbox } = await setup();
  const prompt = 'a fox in the snow. '.repeat(5_000);
  await outbox.put(anEntry('job-1', { prompt }), bytes);
  await outbox.close();
  const reopened = await open(200_000);
  expect(await reopened.load(reopened.entries()[0]!)).toEqual({ prompt, content: bytes });
});

test('the results of one job are found among those of others, oldest first', async () => {
  const { outbox } = await setup();
  for (const kind of ['json', 'artifact'] as const)
    for (const jobId of ['job-1', 'job-2']) await outbox.put(anEntry(jobId, { kind }), small);
  const ofJob = () => outbox.ofJob(toJobId('job-2')).map(({ jobId, kind }) => `${jobId} ${kind}`);
  expect(ofJob()).toEqual(['job-2 json', 'job-2 artifact']);
  await outbox.remove(outbox.ofJob(toJobId('job-2'))[0]!);
  expect(ofJob()).toEqual(['job-2 artifact']);
  expect(outbox.ofJob(toJobId('job-3'))).toEqual([]);
});

needs(POSIX)('an outbox may be a link to a folder elsewhere', async () => {
  const { dir, open, outbox } = await setup();
  await outbox.close();
  const elsewhere = `${dir}-elsewhere`;
  await rename(dir, elsewhere);
  await symlink(elsewhere, dir);
  const linked = await open(200_000);
  await linked.put(anEntry(), bytes);
  await linked.put(anEntry('job-2'), small);
  await linked.setAside(linked.entries()[0]!, 'the studio refused it');
  await linked.close();
  expect((await lstat(dir)).isSymbolicLink()).toBe(true);
  expect((await readdir(elsewhere)).toSorted()).toEqual(['journal', 'set-aside']);
  expect(idsOf(await open(200_000))).toEqual(['job-2']);
});

needs(POSIX)('an outbox linked to a missing folder is rejected at once', async () => {
  const { dir, open, outbox } = await setup();
  await outbox.close();
  await rm(dir, { recursive: true });
  await symlink(`${dir}-nowhere`, dir);
  expect(await failureOf(open())).toMatchObject({ code: 'folder.unusable', message: expect.stringContaining(dir) });
});

test.each([
  ['small', small],
  ['large', bytes],
])('a %s result put in the outbox is there for the next process, whole', async (_size, content) => {
  const { open, outbox } = await setup();
  await outbox.put(anEntry('job-1', { ranOn: 'vulkan' }), content);
  const reopened = await open();
  const [entry] = reopened.entries();
  const sizeBytes = content.length;
  expect(entry).toMatchObject({
    jobId: 'job-1',
    kind: 'artifact',
    ext: 'png',
    ranOn: 'vulkan',
    workerId: 'w-1',
    sizeBytes,
  });
  expect(await reopened.load(entry!)).toEqual({ prompt: 'a red fox', content });
});

test('a small result in its own file, from another release, is delivered', async () => {
  const { dir, open } = await setup();
  const header = { ...anEntry(), createdAt: 1779710400000, sizeBytes: 4, sha256: sha256(small).toHex() };
  const name = entryName(header, sha256);
  await writeFile(join(dir, name), Buffer.concat(writeEntry(header, small, sha256)));
  const outbox = await open();
  const [entry] = outbox.entries();
  expect(await outbox.load(entry!)).toEqual({ prompt: 'a red fox', content: small });
  await outbox.remove(entry!);
  await outbox.close();
  expect([entry?.file, await readdir(dir)]).toEqual([name, []]);
});

test('any id, prompt and bytes survive the way to disk and back', async () => {
  const { outbox } = await setup();
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.uint8Array({ maxLength: 200 }), async (id, prompt, content) => {
      const entry = await outbox.put(anEntry(id, { prompt }), content);
      expect(await outbox.load(entry)).toEqual({ prompt, content });
      expect(entry.file).toMatch(/^[0-9]{14}-[0-9a-f]{32}\.artifact$/);
      await outbox.remove(entry);
    }),
    { numRuns: 30 },
  );
});

needs(POSIX)('only the owner may read the outbox and what is in it', async () => {
  const { dir, outbox } = await setup();
  const { file } = await outbox.put(anEntry(), bytes);
  await outbox.put(anEntry('job-1', { kind: 'json' }), small);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  for (const name of [file, 'journal']) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
});

test('a removed result leaves no file behind', async () => {
  const { dir, open, outbox } = await setup();
  await outbox.remove(await outbox.put(anEntry(), bytes));
  await outbox.close();
  expect(await readdir(dir)).toEqual([]);
  expect(outbox.pending()).toEqual({ count: 0, sizeBytes: 0 });
  expect((await open()).entries()).toEqual([]);
});

test('removing twice counts once', async () => {
  const { outbox } = await setup();
  const entry = await outbox.put(anEntry(), bytes);
  await outbox.put(anEntry('job-2'), bytes);
  await outbox.remove(entry);
  await outbox.remove(entry);
  expect(outbox.pending()).toEqual({ count: 1, sizeBytes: bytes.length });
});

test('results come out oldest first, also when the clock stood still or went back', async () => {
  const { clock, open } = await setup();
  for (const id of ['a', 'b', 'c']) await (await open()).put(anEntry(id), bytes);
  const outbox = await open();
  clock.advance(-60_000);
  await outbox.put(anEntry('d'), bytes);
  expect(idsOf(outbox)).toEqual(['a', 'b', 'c', 'd']);
  expect(idsOf(await open())).toEqual(['a', 'b', 'c', 'd']);
});

test('a second result of the same job replaces the first', async () => {
  const { dir, outbox } = await setup();
  await outbox.put(anEntry(), bytes);
  const second = await outbox.put(anEntry('job-1', { prompt: 'again' }), bytes);
  await outbox.close();
  expect(await readdir(dir)).toEqual([second.file]);
  expect(outbox.pending()).toEqual({ count: 1, sizeBytes: bytes.length });
});

test('an outbox has room until its limit is reached, over restarts', async () => {
  const { open, outbox } = await setup();
  const entry = await outbox.put(anEntry(), new Uint8Array(1000));
  expect([outbox.space(), (await open()).space()]).toEqual(['full', 'full']);
  await outbox.remove(entry);
  expect(outbox.space()).toBe('free');
});

test('a result older than seven days is set aside, by a wrong clock too', async () => {
  const { clock, log, open, outbox } = await setup();
  await outbox.put(anEntry(), bytes);
  clock.advance(7 * DAY_MS);
  expect((await open()).pending().count).toBe(1);
  clock.advance(1);
  expect((await open()).pending().count).toBe(0);
  const aside = log.find('result.set-aside');
  expect(aside).toMatchObject({ level: 'warn', fields: { jobId: 'job-1' } });
  const kept = await readFile(String(aside?.fields['movedTo']));
  expect(readEntry(kept, sha256)?.content).toEqual(bytes);
});

test.each([10, 70_000])(
  'results of %d bytes that are set aside keep within the limit, oldest first',
  async (sizeBytes) => {
    const { dir, log, open } = await setup();
    const outbox = await open(sizeBytes * 2 + 1_000);
    const entries: OutboxEntry[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      entries.push(await outbox.put(anEntry(id), new Uint8Array(sizeBytes)));
    }
    for (const entry of entries) await outbox.setAside(entry, 'the studio does not take it');
    expect(outbox.pending()).toEqual({ count: 0, sizeBytes: 0 });
    const left = (await readdir(`${dir}/set-aside`)).toSorted();
    expect(left).toEqual(entries.slice(-left.length).map(({ file }) => file));
    expect(log.events.filter(({ event }) => event === 'result.removed')).toHaveLength(4 - left.length);
    const sizes = await Promise.all(left.map(async (name) => (await stat(`${dir}/set-aside/${name}`)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(sizeBytes * 2 + 1_000);
  },
);

test.each([
  ['one byte is missing', (path: string, size: number) => truncate(path, size - 1)],
  ['one byte is too many', (path: string) => appendFile(path, 'x')],
  [
    'one byte is wrong',
    async (path: string, size: number) => {
      const damaged = await readFile(path);
      damaged[size - 1] = (damaged[size - 1] ?? 0) ^ 1;
      await writeFile(path, damaged);
    },
  ],
])('a result of which %s is never sent but set aside', async (_what, damage) => {
  const { dir, log, open, outbox } = await setup();
  const { file } = await outbox.put(anEntry(), bytes);
  await damage(join(dir, file), (await stat(join(dir, file))).size);
  const reopened = await open();
  expect(await reopened.load(reopened.entries()[0]!)).toBeUndefined();
  expect(await readdir(join(dir, 'corrupt'))).toEqual([file]);
  expect(log.find('result.corrupt')?.fields).toMatchObject({ jobId: 'job-1', file });
  expect(reopened.pending()).toEqual({ count: 0, sizeBytes: 0 });
});

test('a header cut or changed anywhere is noticed at start', async () => {
  const { dir, open, outbox } = await setup();
  const { file } = await outbox.put(anEntry(), bytes);
  const whole = await readFile(join(dir, file));
  const headerBytes = whole.indexOf(10);
  for (let at = 0; at < headerBytes; at += 7) {
    const damaged = Uint8Array.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 4;
    for (const bad of [damaged, whole.subarray(0, at)]) {
      await writeFile(join(dir, file), bad);
      expect((await open()).entries()).toEqual([]);
    }
  }
});

test('half-written and foreign files are set aside, once, and stop nothing', async () => {
  const { dir, log, open, outbox } = await setup();
  await outbox.put(anEntry(), bytes);
  await writeFile(join(dir, '00000000000001-00.artifact.77-1.tmp'), 'half');
  await writeFile(join(dir, 'notes.txt'), 'mine');
  expect(idsOf(await open())).toEqual(['job-1']);
  expect((await readdir(join(dir, 'corrupt'))).length).toBe(2);
  await open();
  expect(log.names().filter((name) => name === 'result.corrupt').length).toBe(2);
});

test('a file that disappeared is a discarded result, not a crash', async () => {
  const { dir, log, outbox } = await setup();
  const entry = await outbox.put(anEntry(), bytes);
  await rm(join(dir, entry.file));
  expect(await outbox.load(entry)).toBeUndefined();
  expect(log.find('result.discarded')?.fields).toMatchObject({ jobId: 'job-1', because: 'its file is gone' });
  expect(outbox.pending().count).toBe(0);
});

test('a folder that cannot be used is named together with the remedy', async () => {
  const { dir, open } = await setup();
  await rm(dir, { recursive: true });
  await writeFile(dir, 'a file, no folder');
  const failure: unknown = await open().catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'folder.unusable', hint: expect.stringContaining('may read and write') });
  expect(String(failure)).toContain(dir);
});
