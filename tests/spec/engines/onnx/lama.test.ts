import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import type { InputTensor, OnnxSession, Tensor } from '../../../../src/engines/onnx/binding.ts';
import { createInpainter } from '../../../../src/engines/onnx/inside.ts';
import { composite, planeOf, tensorsOf } from '../../../../src/engines/onnx/lama.ts';
import { selectionOf } from '../../../../src/engines/media/mask.ts';
import { coloursOf } from '../../../../src/engines/onnx/planes.ts';
import type { Plane } from '../../../../src/engines/onnx/sampling.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { loading } from '../../../fakes/engines/loading.ts';

const PIXELS = 512 * 512;
const flat = (colour: number): Plane => ({
  data: new Uint8Array(PIXELS * 3).fill(colour),
  width: 512,
  height: 512,
  channels: 3,
});

/** A session that paints one colour, in numbers up to 255 or up to 1. */
function setup(options: { readonly output?: Partial<Tensor>; readonly outputs?: readonly string[] } = {}) {
  const seen: Readonly<Record<string, InputTensor>>[] = [];
  let released = 0;
  const session: OnnxSession = {
    inputs: ['image', 'mask'],
    outputs: options.outputs ?? ['output'],
    run: async (tensors) => {
      seen.push(tensors);
      const output = { data: new Float32Array(3 * PIXELS).fill(1), dims: [1, 3, 512, 512], ...options.output };
      return options.outputs?.length === 0 ? {} : { output };
    },
    [Symbol.asyncDispose]: async () => void (released += 1),
  };
  const engine = createInpainter({ images, openSession: () => Promise.resolve(session) });
  const files = {
    model: toModelId('lama'),
    paths: new Map([['model', '/x']] as const),
    loras: [],
    defaults: synthetic.cliDefaults,
  };
  const context = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  return { engine, files, context, seen, released: () => released };
}

const pictures = async (): Promise<ReadonlyMap<string, Uint8Array>> =>
  new Map([
    ['initImageUrl', await paint(40, 30, (x, y) => [x * 6, y * 8, 100])],
    ['maskUrl', await paint(40, 30, (x, y) => (x >= 10 && x < 14 && y >= 10 && y < 14 ? 255 : 0))],
  ]);

test('the model receives planar colours from 0 to 1 and a binary mask', () => {
  const colours = flat(0);
  colours.data.set([255, 51, 0], 3 * 7);
  const mask = { data: new Uint8Array(PIXELS), width: 512, height: 512, channels: 1 };
  mask.data.set([128, 129, 255], 0);
  const tensors = tensorsOf(colours, mask);
  expect(tensors.image.dims).toEqual([1, 3, 512, 512]);
  expect(tensors.mask.dims).toEqual([1, 1, 512, 512]);
  expect([7, PIXELS + 7, 2 * PIXELS + 7].map((at) => tensors.image.data[at])).toEqual([1, Math.fround(0.2), 0]);
  expect([...tensors.mask.data.subarray(0, 4)]).toEqual([0, 1, 1, 0]);
});

test.each([
  ['shares of one', [0, 0.5, 1.2, -3], [0, 127, 255, 0]],
  ['bytes', [0, 127.9, 300, 2.1], [0, 127, 255, 2]],
])('an output in %s is clamped and cut to bytes', (_unit, values, bytes) => {
  const data = new Float32Array(3 * PIXELS);
  data.set(values);
  const { data: pixels } = planeOf({ data, dims: [1, 3, 512, 512] });
  expect(values.map((_value, at) => pixels[3 * at])).toEqual(bytes);
});

test('an output of the wrong shape or without numbers fails the job', () => {
  expect(() => planeOf({ data: new Float32Array(12), dims: [1, 3, 2, 2] })).toThrow(
    expect.objectContaining({ code: 'model.unusable', message: expect.stringContaining('1 x 3 x 2 x 2') }),
  );
  const data = new Float32Array(3 * PIXELS).fill(Number.NaN);
  expect(() => planeOf({ data, dims: [1, 3, 512, 512] })).toThrow(expect.objectContaining({ code: 'engine.failed' }));
});

test('what lies further from the mask than its seam stays byte for byte', () => {
  const boxes = fc.record({ x: fc.nat(50), y: fc.nat(30), size: fc.integer({ min: 1, max: 14 }), grey: fc.nat(255) });
  fc.assert(
    fc.property(boxes, fc.nat(255), ({ x: left, y: top, size, grey }, colour) => {
      const [width, height, reach] = [64, 44, 8];
      const base = { data: new Uint8Array(width * height * 3).fill(90), width, height, channels: 3 };
      const mask = { data: new Uint8Array(width * height), width, height, channels: 1 };
      for (let y = top; y < Math.min(height, top + size); y++)
        mask.data.fill(grey, y * width + left, y * width + left + size);
      const fill = { ...base, data: new Uint8Array(base.data.length).fill(colour) };
      const out = composite(base, { fill, mask, region: { x: 0, y: 0, width, height } });
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const far = x < left - reach || x >= left + size + reach || y < top - reach || y >= top + size + reach;
          if (far) expect(out.data[(y * width + x) * 3]).toBe(90);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('well inside the mask there is only what the model painted', () => {
  const size = { width: 64, height: 64, channels: 3 };
  const base = { data: new Uint8Array(64 * 64 * 3), ...size };
  const fill = { data: new Uint8Array(40 * 40 * 3).fill(200), width: 40, height: 40, channels: 3 };
  const mask = { data: new Uint8Array(64 * 64).fill(255), width: 64, height: 64, channels: 1 };
  const out = composite(base, { fill, mask, region: { x: 12, y: 12, width: 40, height: 40 } });
  expect([out.data[0], out.data[(32 * 64 + 32) * 3]]).toEqual([0, 200]);
  expect(base.data.every((byte) => byte === 0)).toBe(true);
});

test('transparency is left out and grey counts as all three colours', () => {
  const one = { width: 1, height: 1 };
  expect([...coloursOf({ pixels: Uint8Array.of(1, 2, 3, 4), ...one, channels: 4 }).data]).toEqual([1, 2, 3]);
  expect([...coloursOf({ pixels: Uint8Array.of(9, 4), ...one, channels: 2 }).data]).toEqual([9, 9, 9]);
  expect([...selectionOf({ pixels: Uint8Array.of(100, 200, 50), ...one, channels: 3 })]).toEqual([167]);
  expect([...selectionOf({ pixels: Uint8Array.of(77), ...one, channels: 1 })]).toEqual([77]);
});

test.each([
  ['png', 'png'],
  ['PNG', 'png'],
  ['webp', 'webp'],
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['gif', 'gif'],
  ['tif', 'tiff'],
])('a removal asked for as %s is delivered as %s', async (ext, format) => {
  const { engine, files, context } = setup();
  await using model = await engine.load(files, loading(context.signal));
  const task = aTask({ kind: 'image', prompt: '', width: 40, height: 30, ext });
  const result = await model.run(task, await pictures(), context);
  if (result.is !== 'artifact') throw new Error('expected a file');
  expect(result.ext).toBe(ext.toLowerCase());
  expect(await images.probe(result.bytes)).toMatchObject({ format, width: 40, height: 30 });
});

test.each([
  [{}, { width: 40, height: 30 }],
  [
    { width: 0, height: 0 },
    { width: 40, height: 30 },
  ],
  [{ width: 0 }, { width: 40, height: 30 }],
  [{ width: 20 }, { width: 20, height: 15 }],
  [
    { width: 0, height: 60 },
    { width: 80, height: 60 },
  ],
  [
    { width: 64, height: 64 },
    { width: 64, height: 64 },
  ],
])('a removal that asks for %p of a 40 x 30 image yields %p', async (asked, size) => {
  const { engine, files, context } = setup();
  await using model = await engine.load(files, loading(context.signal));
  const task = aTask({ kind: 'image', prompt: '', ext: 'png', ...asked });
  const result = await model.run(task, await pictures(), context);
  expect(result.is === 'artifact' && (await images.probe(result.bytes))).toMatchObject(size);
});

test('a model that is none for removal is refused when it is loaded', async () => {
  const { engine, files, context } = setup({ outputs: ['logits'] });
  expect(await failureOf(engine.load(files, loading(context.signal)))).toMatchObject({
    code: 'model.unusable',
    retryable: false,
    message: 'the model takes image, mask and gives logits; removal needs image, mask and output',
  });
});

test('the engine rejects other task kinds and frees its model when disposed', async () => {
  const { engine, files, context, released } = setup();
  const model = await engine.load(files, loading(context.signal));
  const llm = aTask({ kind: 'llm', messages: [] });
  expect(await failureOf(model.run(llm, new Map(), context))).toMatchObject({
    code: 'task.unsupported',
    message: 'onnx engine only serves image tasks, got llm',
  });
  await model[Symbol.asyncDispose]();
  expect(released()).toBe(1);
});

test('an input that is no image is the task’s fault', async () => {
  const { engine, files, context } = setup();
  await using model = await engine.load(files, loading(context.signal));
  const inputs = new Map([...(await pictures()), ['maskUrl', new TextEncoder().encode('<html>')]]);
  const task = aTask({ kind: 'image', prompt: '', width: 40, height: 30 });
  expect(await failureOf(model.run(task, inputs, context))).toMatchObject({ code: 'task.invalid', retryable: false });
});

test('a task that was given up stops before the model runs', async () => {
  const { engine, files, seen } = setup();
  const abort = new AbortController();
  const context = { signal: abort.signal, progress: () => {}, emit: () => {} };
  await using model = await engine.load(files, loading(context.signal));
  const running = failureOf(model.run(aTask({ kind: 'image', prompt: '' }), await pictures(), context));
  const reason = new Error('given up');
  abort.abort(reason);
  expect(await running).toBe(reason);
  expect(seen).toEqual([]);
});
