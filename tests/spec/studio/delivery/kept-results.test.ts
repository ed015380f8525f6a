import { afterAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJobId } from '../../../../src/base/ids.ts';
import { DAY_MS, KIB } from '../../../../src/base/units.ts';
import { openKeptResults } from '../../../../src/studio/delivery/kept/kept-results.ts';
import { openOutbox } from '../../../../src/studio/delivery/outbox.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { anEntry } from '../../../fakes/studio/an-entry.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const root = await mkdtemp(join(tmpdir(), 'kept-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const small = new TextEncoder().encode('{"answer":42}');
const large = new Uint8Array(65 * KIB).fill(7);

/** An outbox as a worker has it open, and the same folder as a command sees it. */
async function setup() {
  const folder = join(await mkdtemp(join(root, 'case-')), 'outbox');
  const clock = new FakeClock();
  const open = () =>
    openOutbox({ dir: folder, maxBytes: 1e9, files: systemFiles, clock, sha256, log: recordingLogger() });
  const kept = openKeptResults({ folder, files: systemFiles, sha256, clock });
  return { folder, clock, open, outbox: await open(), kept };
}

test('what waits, was set aside or is damaged is listed, from files and journal', async () => {
  const { folder, outbox, kept } = await setup();
  const aside = await outbox.put(anEntry('refused'), large);
  await outbox.put(anEntry('in-journal', { kind: 'json', ext: '' }), small);
  await outbox.put(anEntry('in-file'), large);
  await outbox.setAside(aside, 'the studio refused it');
  await mkdir(join(folder, 'corrupt'), { recursive: true });
  await writeFile(join(folder, 'corrupt', 'half.tmp'), 'half');
  const listed = (await kept.list()).map(({ place, header, sizeBytes }) => [place, header?.jobId, sizeBytes]);
  expect(listed).toEqual([
    ['waiting', toJobId('in-journal'), small.length],
    ['waiting', toJobId('in-file'), large.length],
    ['set-aside', toJobId('refused'), large.length],
    ['damaged', undefined, 4],
  ]);
});

test('reading beside a running worker changes nothing on the disk', async () => {
  const { folder, outbox, kept } = await setup();
  await outbox.put(anEntry('json', { kind: 'json' }), small);
  await outbox.setAside(await outbox.put(anEntry('aside'), large), 'refused');
  const before = await readFile(join(folder, 'journal'));
  for (const result of await kept.list()) {
    expect(await kept.content(result)).toEqual(result.place === 'waiting' ? small : large);
  }
  expect(await readFile(join(folder, 'journal'))).toEqual(before);
  await outbox.put(anEntry('later', { kind: 'json' }), small);
  expect(outbox.pending().count).toBe(2);
});

test.each([
  ['small', small],
  ['large', large],
])('a %s result put back after it expired waits as made now', async (_size, content) => {
  const { clock, open, outbox, kept } = await setup();
  await outbox.put(anEntry('old'), content);
  clock.advance(8 * DAY_MS);
  await outbox.expire();
  const [aside] = await kept.list();
  const id = await kept.requeue(aside!);
  expect((await kept.list()).map(({ place, at }) => [place, at])).toEqual([['waiting', clock.now()]]);
  expect(await outbox.takeIn(id)).toBe(true);
  expect(await outbox.expire()).toEqual([]);
  expect(await outbox.load(outbox.entries()[0]!)).toEqual({ prompt: 'a red fox', content });
  await outbox.close();
  expect((await open()).entries()).toHaveLength(1);
});

test.each(['../config.toml', 'journal', '00000000000000-aa.artifact', ''])(
  'the name %p is not taken into the outbox',
  async (name) => {
    const { outbox } = await setup();
    expect(await outbox.takeIn(name)).toBe(false);
  },
);

test('a result taken in twice counts once', async () => {
  const { outbox, kept } = await setup();
  await outbox.setAside(await outbox.put(anEntry('one'), large), 'refused');
  const id = await kept.requeue((await kept.list())[0]!);
  expect([await outbox.takeIn(id), await outbox.takeIn(id)]).toEqual([true, false]);
  expect(outbox.pending()).toEqual({ count: 1, sizeBytes: large.length });
});

test('a damaged result is not put back, and its bytes stay where they are', async () => {
  const { folder, outbox, kept } = await setup();
  const entry = await outbox.put(anEntry('one'), large);
  await outbox.setAside(entry, 'refused');
  const path = join(folder, 'set-aside', entry.file);
  await writeFile(path, (await readFile(path)).subarray(0, -1));
  const [aside] = await kept.list();
  expect(kept.requeue(aside!)).rejects.toMatchObject({ code: 'file.unusable' });
  expect(await readdir(join(folder, 'set-aside'))).toEqual([entry.file]);
});
