import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { EncodeVideoOptions } from '../../../../src/engines/ffmpeg/video.ts';
import { readMp4 } from '../../../../src/jobs/results/mp4.ts';
import { anFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

interface Choice extends Partial<EncodeVideoOptions> {
  readonly channels?: number;
  readonly made?: AsyncIterable<Uint8Array>;
}

async function setup() {
  const folder = await tempFolder();
  const ffmpeg = anFfmpeg(folder.path);
  const steps: string[] = [];
  return {
    steps,
    make: ({ channels = 3, made, ...choice }: Choice) => {
      const about = { width: 32, height: 16, fps: 8, frames: 16, ext: 'mp4' as const, ...choice };
      const frames = made ?? drawn(about.frames, about.width * about.height, channels);
      return ffmpeg.encodeVideo(frames, {
        signal: new AbortController().signal,
        progress: (done, total) => steps.push(`${done}/${total}`),
        ...about,
      });
    },
    leftovers: () => readdirSync(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Frames that get redder. */
async function* drawn(frames: number, pixels: number, channels: number): AsyncGenerator<Uint8Array> {
  for (let frame = 0; frame < frames; frame++) {
    yield Uint8Array.from({ length: pixels * channels }, (_, n) => (n % channels === 0 ? (255 * frame) / frames : 40));
  }
}

const MP4_BOXES = /ftyp|moov|mdat/g;
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

test('frames become an MP4 with its index at the front', async () => {
  await using worker = await setup();
  const video = await worker.make({});
  expect(readMp4(video)).toEqual({ width: 32, height: 16, frames: 16, seconds: 2 });
  expect(latin(video).match(MP4_BOXES)).toEqual(['ftyp', 'moov', 'mdat']);
  expect(latin(video)).toContain('avc1');
  expect(worker.steps.at(-1)).toBe('16/16');
  expect(worker.leftovers()).toEqual([]);
});

test('an odd side of an MP4 gets its last row or column twice', async () => {
  await using worker = await setup();
  expect(readMp4(await worker.make({ width: 33, height: 17, frames: 3 }))).toMatchObject({ width: 34, height: 18 });
  expect(readMp4(await worker.make({ width: 33, height: 16, frames: 3 }))).toMatchObject({ width: 34, height: 16 });
  expect(readMp4(await worker.make({ width: 1, height: 1, frames: 3 }))).toMatchObject({ width: 2, height: 2 });
});

test('frames with transparency, a single frame and a broken frame rate become videos too', async () => {
  await using worker = await setup();
  expect(readMp4(await worker.make({ channels: 4, frames: 4 }))).toMatchObject({ frames: 4, seconds: 0.5 });
  expect(readMp4(await worker.make({ frames: 1 }))).toMatchObject({ frames: 1 });
  expect(readMp4(await worker.make({ fps: 23.976, frames: 24 }))?.seconds).toBeCloseTo(1.001, 3);
});

test('a WebM holds VP9 and keeps odd sides', async () => {
  await using worker = await setup();
  const video = latin(await worker.make({ ext: 'webm', width: 33, height: 17 }));
  expect(video).toStartWith('\x1A\x45\xDF\xA3');
  expect(video).toContain('V_VP9');
  expect(worker.steps.at(-1)).toBe('16/16');
});

test('a GIF plays for ever at the rate it was asked for', async () => {
  await using worker = await setup();
  const facts = await images.probe(await worker.make({ ext: 'gif', fps: 10 }));
  expect(facts).toMatchObject({ format: 'gif', width: 32, height: 16, pages: 16, loop: 0 });
  expect(facts.delaysMs).toEqual(Array.from({ length: 16 }, () => 100));
});

test('the same frames give the same file', async () => {
  await using worker = await setup();
  expect(await worker.make({})).toEqual(await worker.make({}));
});

test('frames of a wrong size and no frames at all fail the video', async () => {
  await using worker = await setup();
  const other = async function* other() {
    yield new Uint8Array(32 * 16 * 3);
    yield new Uint8Array(7);
  };
  expect(await failureOf(worker.make({ made: other() }))).toHaveProperty('message', 'the frames differ in size');
  expect(await failureOf(worker.make({ made: drawn(1, 5, 1) }))).toHaveProperty('code', 'engine.failed');
  expect(await failureOf(worker.make({ frames: 0 }))).toHaveProperty('message', 'a video needs at least one frame');
  expect(worker.leftovers()).toEqual([]);
});

test('what making the frames failed with is what the video fails with', async () => {
  await using worker = await setup();
  const failing = async function* failing() {
    yield new Uint8Array(32 * 16 * 3);
    throw new Error('no memory for the next one');
  };
  expect(await failureOf(worker.make({ made: failing() }))).toHaveProperty('message', 'no memory for the next one');
  expect(worker.leftovers()).toEqual([]);
});
