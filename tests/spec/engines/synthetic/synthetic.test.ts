import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import type { Task } from '../../../../src/contract/tasks/index.ts';
import type { RunContext } from '../../../../src/engines/engine.ts';
import { drawImage } from '../../../../src/engines/synthetic/image.ts';
import type { SyntheticEngineOptions } from '../../../../src/engines/synthetic/run.ts';
import { clipOf, sizeOf } from '../../../../src/engines/synthetic/limits.ts';
import { toneHz } from '../../../../src/engines/synthetic/tts.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import type { RawImage } from '../../../../src/system/native/images.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';
import { aSynthetic } from '../../../fakes/engines/synthetic-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

async function setup(choice: Partial<SyntheticEngineOptions> = {}) {
  const engine = aSynthetic(choice);
  const files = { model: toModelId('synthetic'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
  const loaded = await engine.load(files, new AbortController().signal, USUAL);
  const run = (task: Task, context: Partial<RunContext> = {}) =>
    loaded.run(task, { signal: new AbortController().signal, progress: () => {}, emit: () => {}, ...context });
  const artifact = async (params: Parameters<typeof aTask>[0]) => {
    const result = await run(aTask(params));
    if (result.is !== 'artifact') throw new Error(`expected an artifact, got ${result.is}`);
    return result;
  };
  const picture = async (params: { [key: string]: unknown }) => {
    const { bytes, ext } = await artifact({ kind: 'image', prompt: 'hello world', ...params });
    return { bytes, ext, facts: await images.probe(bytes), decoded: await images.decode(bytes) };
  };
  return { images, run, artifact, picture, [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose]() };
}

const never = (): Promise<void> => Promise.resolve();

/** Colours at some places, for the prompt `hello world` (studio contract). */
const PIXELS = [
  { x: 0, y: 0, colour: [58, 90, 230] },
  { x: 256, y: 256, colour: [255, 255, 255] },
  { x: 511, y: 511, colour: [255, 255, 255] },
  { x: 100, y: 300, colour: [47, 83, 217] },
  { x: 300, y: 10, colour: [56, 89, 228] },
  { x: 40, y: 75, colour: [46, 82, 215] },
  { x: 120, y: 256, colour: [255, 255, 255] },
];

test.each(PIXELS)('the image of hello world has its colour at $x, $y', async ({ x, y, colour }) => {
  await using worker = await setup();
  const { decoded, facts } = await worker.picture({});
  expect(facts).toMatchObject({ format: 'webp', width: 512, height: 512, pages: 1 });
  const at = (y * 512 + x) * decoded.channels;
  expect([...decoded.pixels.subarray(at, at + 3)]).toEqual(colour);
});

test('an image has the size its task names', async () => {
  await using worker = await setup();
  expect((await worker.picture({ width: 96, height: 160 })).facts).toMatchObject({ width: 96, height: 160 });
  expect((await worker.picture({ width: 0, height: 64 })).facts).toMatchObject({ width: 512, height: 64 });
});

test('the rings keep their place when the image grows', async () => {
  const digest = sha256('hello world');
  const wide = await drawImage(digest, { width: 1024, height: 256 }, never);
  const colourAt = (x: number): number => Math.min(...wide.subarray((128 * 1024 + x) * 3, (128 * 1024 + x) * 3 + 3));
  // Half way to the border is ring 3, an eighth of the way is the innermost: two palette entries apart.
  expect(colourAt(512 + 300)).not.toBe(colourAt(512 + 64));
});

test.each([
  ['jpg', 'jpg', 'jpeg'],
  ['jpeg', 'jpeg', 'jpeg'],
  ['PNG', 'png', 'png'],
  ['gif', 'gif', 'gif'],
  ['tiff', 'tiff', 'tiff'],
  ['webp', 'webp', 'webp'],
  ['bmp', 'webp', 'webp'],
  ['../../evil', 'webp', 'webp'],
])('asked for %s the label is %s and the bytes are %s', async (asked, ext, format) => {
  await using worker = await setup();
  const { ext: given, facts } = await worker.picture({ ext: asked, width: 32, height: 32 });
  expect([given, facts.format]).toEqual([ext, format]);
});

test('the same prompt gives the same bytes, another prompt gives others', async () => {
  await using worker = await setup();
  const [one, same, other] = await Promise.all([
    worker.picture({ width: 64, height: 64 }),
    worker.picture({ width: 64, height: 64 }),
    worker.picture({ width: 64, height: 64, prompt: 'goodbye' }),
  ]);
  expect(one.bytes).toEqual(same.bytes);
  expect(one.bytes).not.toEqual(other.bytes);
});

test('drawing a large image lets the event loop run every few milliseconds of work', async () => {
  let breaths = 0;
  await drawImage(sha256(''), { width: 2048, height: 1024 }, () => Promise.resolve(void (breaths += 1)));
  expect(breaths).toBe(7); // eight turns of 512 x 512 pixels
});

test.each([
  [[{ role: 'user', content: 'hi' }], 'c0fbd2efb094bcb4', 2],
  [
    [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hi there' },
    ],
    'a9d8c07724ad571f',
    6,
  ],
  [[], 'e3b0c44298fc1c14', 0],
])('a chat is answered with the digest of its messages', async (messages, hex, promptTokens) => {
  await using worker = await setup();
  const task = aTask({ kind: 'llm', messages, system: 'not part of it', maxTokens: 1, stop: ['['] });
  expect(await worker.run(task)).toEqual({
    is: 'json',
    value: {
      object: 'chat.completion',
      model: 'synthetic-llm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: `[synthetic] reply to prompt #${hex}` },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: promptTokens, completion_tokens: 8, total_tokens: promptTokens + 8 },
    },
  });
});

test.each([
  ['https://example/audio.wav', undefined, 'ff8354979c9c640a', 'en'],
  ['https://example.invalid/a.wav', 'nl', '555cd7323ab9592d', 'nl'],
])('a transcript names the digest of %s and its language', async (inputUrl, language, hex, given) => {
  await using worker = await setup();
  expect(await worker.run(aTask({ kind: 'audio_stt', inputUrl, language }))).toEqual({
    is: 'json',
    value: { text: `[synthetic] transcript of ${hex}`, language: given, duration: 1 },
  });
});

test.each([
  ['hello world', 698.8235],
  ['', 807.5294],
  ['deterministic', 248.4706],
])('the text %p is spoken in its own tone', (text, hz) => {
  expect(toneHz(sha256(text))).toBeCloseTo(hz, 4);
});

test('speech is a second of 16-bit mono WAV, whatever extension was asked for', async () => {
  await using worker = await setup();
  const { bytes, ext } = await worker.artifact({ kind: 'audio_tts', text: 'hello world', ext: 'mp3' });
  const view = new DataView(bytes.buffer);
  expect([ext, bytes.byteLength, view.getUint32(24, true), view.getUint16(34, true)]).toEqual([
    'wav',
    44_144,
    22_050,
    16,
  ]);
  expect(Buffer.from(bytes.subarray(0, 44)).toString('latin1')).toMatch(/^RIFF.{4}WAVEfmt .{20}data.{4}$/s);
  expect(view.getInt16(44, true)).toBe(0);
  expect(view.getInt16(46, true)).toBe(
    Math.trunc(Math.sin((2 * Math.PI * toneHz(sha256('hello world'))) / 22_050) * 13_106.8),
  );
});

test('a video has the size, the length and the frames its task names', async () => {
  await using worker = await setup();
  const task = { kind: 'video', prompt: 'waves', seconds: 2, fps: 6, width: 48, height: 32 } as const;
  const { bytes, ext } = await worker.artifact(task);
  const facts = await worker.images.probe(bytes);
  expect([ext, facts]).toMatchObject(['webp', { format: 'webp', width: 48, height: 32, pages: 12, loop: 0 }]);
  expect(facts.delaysMs.reduce((sum, delay) => sum + delay, 0)).toBe(2_000);
});

test('each frame of a video is the image of its prompt and number', async () => {
  await using worker = await setup();
  const { bytes } = await worker.artifact({
    kind: 'video',
    prompt: 'waves',
    seconds: 1,
    fps: 3,
    width: 32,
    height: 32,
  });
  for (const frame of [0, 1, 2]) {
    const picture = await worker.images.decode(bytes, { page: frame });
    expect([...rgb(picture)]).toEqual([
      ...(await drawImage(sha256(`waves #${frame}`), { width: 32, height: 32 }, never)),
    ]);
  }
});

test('a video without a frame rate has eight frames a second', async () => {
  await using worker = await setup();
  const { bytes } = await worker.artifact({ kind: 'video', prompt: 'waves', seconds: 1, width: 16, height: 16 });
  expect((await worker.images.probe(bytes)).delaysMs).toEqual(Array<number>(8).fill(125));
});

test('a video asked for as gif is an animated GIF', async () => {
  await using worker = await setup();
  const task = { kind: 'video', prompt: 'waves', seconds: 1, fps: 8, width: 32, height: 32, ext: 'gif' } as const;
  const { bytes, ext } = await worker.artifact(task);
  const facts = await worker.images.probe(bytes);
  expect([ext, facts]).toMatchObject(['gif', { format: 'gif', width: 32, height: 32, pages: 8, loop: 0 }]);
  expect(facts.delaysMs.reduce((sum, delay) => sum + delay, 0)).toBe(1_000);
});

test('a video tells its progress frame by frame', async () => {
  await using worker = await setup();
  const seen: [number, number][] = [];
  const task = aTask({ kind: 'video', prompt: 'waves', seconds: 0.5, width: 16, height: 16 });
  await worker.run(task, { progress: (done, total) => void seen.push([done, total]) });
  expect(seen).toEqual([
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);
});

test('a video that is given up between two frames ends with the reason', async () => {
  await using worker = await setup();
  const abort = new AbortController();
  const reason = new Error('the worker was stopped');
  const frames: number[] = [];
  const task = aTask({ kind: 'video', prompt: 'waves', seconds: 60, width: 16, height: 16 });
  const running = worker.run(task, {
    signal: abort.signal,
    progress: (done) => {
      frames.push(done);
      if (done === 3) abort.abort(reason);
    },
  });
  expect(await running.catch((thrown: unknown) => thrown)).toBe(reason);
  expect(frames).toEqual([1, 2, 3]);
});

test('an image that is given up while it is drawn ends with the reason', async () => {
  await using worker = await setup();
  const abort = new AbortController();
  const reason = new Error('the worker was stopped');
  const task = aTask({ kind: 'image', prompt: 'waves', width: 4096, height: 4096 });
  const running = worker.run(task, { signal: abort.signal });
  abort.abort(reason);
  expect(await running.catch((thrown: unknown) => thrown)).toBe(reason);
});

test.each([
  [{ kind: 'image', prompt: '', width: 4097 }, 'Ask for at most 4096 px a side.'],
  [{ kind: 'image', prompt: '', height: 4_294_967_295 }, 'Ask for at most 4096 px a side.'],
  [{ kind: 'video', prompt: '', seconds: 61 }, 'Ask for at most 60 seconds.'],
  [{ kind: 'video', prompt: '', fps: 61 }, 'Ask for at most 60 frames a second.'],
  [{ kind: 'video', prompt: '', fps: 60, ext: 'gif' }, 'Ask for at most 50 frames a second.'],
  [
    { kind: 'video', prompt: '', seconds: 60, fps: 60 },
    'Ask for at most 512 frames of this size: fewer seconds, a lower fps or a smaller size.',
  ],
] as const)('more than can be drawn is refused with what is allowed: %j', async (params, hint) => {
  await using worker = await setup();
  expect(await worker.run(aTask(params)).catch((thrown: unknown) => thrown)).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    hint,
  });
});

test('the frames of a clip add up to its length at any frame rate', () => {
  const asked = fc.record({
    seconds: fc.double({ min: 0.1, max: 60, noNaN: true }),
    fps: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(asked, fc.constantFrom('gif', 'webp'), ({ seconds, fps }, ext) => {
      const { delaysMs } = clipOf({ width: 1, height: 1, seconds, fps }, ext);
      expect(delaysMs).toHaveLength(Math.max(1, Math.round(seconds * fps)));
      expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(ext === 'gif' ? 20 : 16);
      const lengthMs = delaysMs.reduce((sum, delay) => sum + delay, 0);
      expect(Math.abs(lengthMs - (delaysMs.length * 1000) / fps)).toBeLessThanOrEqual(ext === 'gif' ? 5 : 0.5);
    }),
  );
});

test('a size of nothing is the size of the model itself', () => {
  expect(sizeOf({ width: 0, height: 0 })).toEqual({ width: 512, height: 512 });
});

/** Colours without the alpha that an animation decodes to. */
const rgb = ({ pixels, channels }: RawImage): Uint8Array => pixels.filter((_, at) => at % channels < 3);
