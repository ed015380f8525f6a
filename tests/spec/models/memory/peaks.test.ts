import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { DAY_MS } from '../../../../src/base/units.ts';
import { openPeaks, type PeakKey } from '../../../../src/models/memory/peaks.ts';
import { sizeBucket } from '../../../../src/models/memory/size-bucket.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { aTask, anLlmTask } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

async function setup() {
  const folder = await tempFolder();
  const path = folder.at('peaks.json');
  const log = recordingLogger();
  const clock = new FakeClock();
  const open = (files: Parameters<typeof openPeaks>[0]['files'] = systemFiles) =>
    openPeaks({ path, files, clock, log });
  return { folder, path, log, clock, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
const key = (about: Partial<PeakKey> = {}): PeakKey => ({
  model: toModelId('z-image'),
  engine: 'sd-cpp',
  bucket: 'px18',
  ...about,
});

test('the highest peak counts, with a tenth on top', async () => {
  await using at = await setup();
  const peaks = await at.open();
  for (const gb of [4, 10, 6]) peaks.learn(key(), gb);
  expect(peaks.find(key())).toEqual({ peakGb: 11, runs: 3 });
  await peaks.saved();
});

test('a peak counts for no other model, engine or size', async () => {
  await using at = await setup();
  const peaks = await at.open();
  peaks.learn(key(), 4);
  for (const other of [key({ model: toModelId('qwen') }), key({ engine: 'onnx' }), key({ bucket: 'px20' })]) {
    expect(peaks.find(other)).toBeUndefined();
  }
  await peaks.saved();
});

test('what was learned outlives the process', async () => {
  await using at = await setup();
  const before = await at.open();
  before.learn(key(), 4);
  before.learn(key({ model: toModelId('__proto__') }), 3);
  await before.saved();
  const after = await at.open();
  expect(after.find(key())?.runs).toBe(1);
  expect(after.find(key({ model: toModelId('__proto__') }))?.runs).toBe(1);
});

test('an outlier is forgotten after twenty runs, and nonsense is never learned', async () => {
  await using at = await setup();
  const peaks = await at.open();
  for (const gb of [40, Number.NaN, -1, 0, Infinity, ...Array<number>(20).fill(4)]) peaks.learn(key(), gb);
  expect(peaks.find(key())?.runs).toBe(20);
  expect(peaks.find(key())?.peakGb).toBeCloseTo(4.4);
  await peaks.saved();
});

test('the file is bounded, and the least recently used entry is dropped', async () => {
  await using at = await setup();
  const peaks = await at.open();
  for (let n = 0; n < 501; n++) peaks.learn(key({ bucket: `px${n}` }), 1);
  expect(peaks.find(key({ bucket: 'px0' }))).toBeUndefined();
  expect(peaks.find(key({ bucket: 'px1' }))).toBeDefined();
  await peaks.saved();
});

test.each(['', '{', '[]', 'null', '{"version":2,"peaksGb":{}}', '{"version":1,"peaksGb":null}'])(
  'a peaks file that holds %p is started over, which is logged',
  async (text) => {
    await using at = await setup();
    await systemFiles.writeAtomic(at.path, text);
    const peaks = await at.open();
    expect(at.log.names()).toEqual(['peaks.unreadable']);
    peaks.learn(key(), 2);
    await peaks.saved();
    expect((await at.open()).find(key())?.runs).toBe(1);
  },
);

test('broken entries are left out and the others kept', async () => {
  await using at = await setup();
  const name = JSON.stringify(['sd-cpp', 'px18', 'z-image']);
  await systemFiles.writeAtomic(
    at.path,
    JSON.stringify({ version: 1, peaksGb: { [name]: [3, 'x', -2, 5], broken: 7, empty: [] } }),
  );
  expect((await at.open()).find(key())).toEqual({ peakGb: 5.5, runs: 2 });
});

test('a disk that cannot be written costs a log line, no run', async () => {
  await using at = await setup();
  const full = { ...systemFiles, writeAtomic: () => Promise.reject(new Error('no space left')) };
  const peaks = await at.open(full);
  peaks.learn(key(), 2);
  await peaks.saved();
  expect(at.log.find('peaks.not-saved')?.fields).toMatchObject({ error: 'no space left' });
  expect(peaks.find(key())?.runs).toBe(1);
});

test('sizes that differ little share a bucket, others do not', () => {
  const image = (width: number, height: number): string =>
    sizeBucket(aTask({ kind: 'image', prompt: 'a fox', width, height }));
  expect(image(512, 512)).toBe(image(500, 480));
  expect(image(512, 512)).not.toBe(image(1024, 1024));
  expect(image(0, 0)).toBe('px0');
  const video = (seconds: number): string => sizeBucket(aTask({ kind: 'video', prompt: 'a fox', seconds }));
  expect(video(2)).not.toBe(video(8));
  expect(sizeBucket(anLlmTask())).toBe(sizeBucket(aTask({ kind: 'audio_tts', text: 'hi' })));
  expect(sizeBucket(aTask({ kind: 'audio_stt', inputUrl: 'x' }))).toBe('any');
});

test('the most free memory that did not suffice survives restarts', async () => {
  await using at = await setup();
  const before = await at.open();
  for (const gb of [5, 7, 6]) before.learnShortage(key(), gb);
  expect(before.find(key())).toEqual({ peakGb: 0, runs: 0, moreThanGb: 7 });
  before.learn(key(), 4);
  await before.saved();
  expect((await at.open()).find(key())).toMatchObject({ runs: 1, moreThanGb: 7 });
});

test('a shortage counts for a day, also across a restart', async () => {
  await using at = await setup();
  const before = await at.open();
  before.learn(key(), 4);
  before.learnShortage(key(), 7);
  await before.saved();
  at.clock.advance(DAY_MS - 1);
  const after = await at.open();
  expect([before.find(key()), after.find(key())]).toMatchObject([{ moreThanGb: 7 }, { moreThanGb: 7 }]);
  at.clock.advance(1);
  for (const peaks of [before, after, await at.open()]) {
    expect(peaks.find(key())).toEqual({ peakGb: expect.closeTo(4.4), runs: 1 });
  }
});

test('of several shortages the largest counts for its own day', async () => {
  await using at = await setup();
  const peaks = await at.open();
  peaks.learnShortage(key(), 7);
  at.clock.advance(DAY_MS / 2);
  peaks.learnShortage(key(), 5);
  expect(peaks.find(key())?.moreThanGb).toBe(7);
  peaks.learnShortage(key(), 8);
  at.clock.advance(DAY_MS / 2);
  expect(peaks.find(key())?.moreThanGb).toBe(8);
  at.clock.advance(DAY_MS / 2);
  peaks.learnShortage(key(), 3);
  expect(peaks.find(key())?.moreThanGb).toBe(3);
  await peaks.saved();
});

test('a file whose shortages have no time is read for what runs took', async () => {
  await using at = await setup();
  const name = JSON.stringify(['sd-cpp', 'px18', 'z-image']);
  const value = { version: 1, peaksGb: { [name]: [5] }, shortGb: { [name]: 7 } };
  await systemFiles.writeAtomic(at.path, JSON.stringify(value));
  expect((await at.open()).find(key())).toEqual({ peakGb: 5.5, runs: 1 });
  expect(at.log.names()).toEqual([]);
});

test('what a GPU of another name took is learned apart from it', async () => {
  await using at = await setup();
  const peaks = await at.open();
  peaks.learn(key(), 4);
  for (const gb of [10, 10]) peaks.learn(key({ gpu: 'A100' }), gb);
  expect(peaks.find(key({ gpu: 'A100' }))).toEqual({ peakGb: 11, runs: 2 });
  expect(peaks.find(key({ gpu: 'RTX 4090' }))?.peakGb).toBeCloseTo(4.4); // as on a machine with one GPU
  peaks.learnShortage(key({ gpu: 'RTX 4090' }), 7);
  expect(peaks.find(key({ gpu: 'RTX 4090' }))).toMatchObject({ runs: 1, moreThanGb: 7 });
  expect(peaks.find(key())).not.toHaveProperty('moreThanGb');
});
