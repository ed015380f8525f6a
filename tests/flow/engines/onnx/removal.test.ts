import { expect, test } from 'bun:test';
import sharp from 'sharp';
import type { LoadedModel, RunContext } from '../../../../src/engines/engine.ts';
import { createOnnxEngine } from '../../../../src/engines/onnx/index.ts';
import type { RawImage } from '../../../../src/system/native/images.ts';
import { aTask } from '../../../fakes/builders.ts';
import { inpaintingModel } from '../../../../src/demo/weights/inpainting.ts';
import { images, onnxScene, type OnnxScene, paint, type Paint } from '../../../fakes/engines/onnx-engine.ts';
import { headerOfPng, takenWith } from '../../../fakes/engines/pictures.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const INIT = 'https://studio.example/fox.png';
const MASK = 'https://studio.example/mask.png';
const context = (): RunContext => ({ signal: new AbortController().signal, progress: () => {}, emit: () => {} });
/** A soft background with a red disc on it. */
const scenery: Paint = (x, y) => (Math.hypot(x - 120, y - 90) < 20 ? [255, 0, 0] : [60 + x / 8, 120, 60 + y / 8]);
const overDisc: Paint = (x, y) => (Math.hypot(x - 120, y - 90) < 26 ? 255 : 0);

async function setup(options: Parameters<typeof onnxScene>[0] = {}, size = { width: 400, height: 300 }) {
  const scene = onnxScene(options);
  scene.web.set(INIT, await paint(size.width, size.height, scenery));
  scene.web.set(MASK, await paint(size.width, size.height, overDisc));
  return scene;
}

/** The picture after a removal, by a model of its own unless one is given. */
async function removed(
  scene: OnnxScene,
  about: Readonly<Record<string, unknown>> = {},
  loaded?: LoadedModel,
): Promise<RawImage> {
  const model = loaded ?? (await scene.engine.load(scene.files, context().signal, USUAL));
  try {
    const task = aTask({ kind: 'image', prompt: '', initImageUrl: INIT, maskUrl: MASK, ext: 'png', ...about });
    const result = await model.run(task, context());
    if (result.is !== 'artifact') throw new Error('expected a picture');
    return await images.decode(result.bytes);
  } finally {
    if (loaded === undefined) await model[Symbol.asyncDispose]();
  }
}

const at = ({ pixels, width, channels }: RawImage, x: number, y: number): readonly number[] => [
  ...pixels.subarray((y * width + x) * channels, (y * width + x) * channels + 3),
];

test.each([[false], [true]])(
  'a masked object is painted over, the rest stays (model given as bytes: %p)',
  async (bytes) => {
    using scene = await setup({ model: { bytes } });
    const picture = await removed(scene, { width: 400, height: 300 });
    expect(picture).toMatchObject({ width: 400, height: 300 });
    const [red = 255, green = 0] = at(picture, 120, 90);
    expect(red).toBeLessThan(110);
    expect(green).toBeGreaterThan(100);
    const before = await images.decode(scene.web.get(INIT) ?? new Uint8Array());
    const changed: string[] = [];
    for (let y = 0; y < 300; y++) {
      for (let x = 0; x < 400; x++) {
        const far = Math.hypot(x - 120, y - 90) > 26 + 12; // the seam reaches 8 px along each side
        if (far && at(picture, x, y).join() !== at(before, x, y).join()) changed.push(`${x},${y}`);
      }
    }
    expect(changed).toEqual([]);
  },
);

test.each([
  ['black', 'nothing', () => ({ r: 0, g: 0, b: 0, alpha: 1 })],
  ['white that is transparent', 'nothing', () => ({ r: 255, g: 255, b: 255, alpha: 0 })],
  ['white', 'the whole image', () => ({ r: 255, g: 255, b: 255, alpha: 1 })],
])('a mask that is %s is refused for selecting %s', async (_what, selected, background) => {
  using scene = await setup();
  const mask = sharp({ create: { width: 400, height: 300, channels: 4, background: background() } });
  scene.web.set(MASK, await mask.png().toBuffer());
  expect(await failureOf(removed(scene))).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: expect.stringContaining(`the mask selects ${selected}`),
  });
});

test('a mask that is white everywhere removes what its alpha shows', async () => {
  using scene = await setup();
  const pixels = Uint8Array.from({ length: 400 * 300 * 4 }, (_, at) =>
    at % 4 < 3 ? 255 : Number(overDisc((at >> 2) % 400, Math.floor((at >> 2) / 400))),
  );
  scene.web.set(MASK, await images.encode({ pixels, width: 400, height: 300, channels: 4, format: 'png' }));
  const picture = await removed(scene);
  const before = await images.decode(scene.web.get(INIT) ?? new Uint8Array());
  expect(at(picture, 120, 90)[0]).toBeLessThan(110);
  expect(at(picture, 300, 200)).toEqual(at(before, 300, 200));
});

test.each(
  (['jpeg', 'png', 'webp', 'tiff'] as const).flatMap((format) =>
    [2, 3, 4, 5, 6, 7, 8].map((orientation) => [format, orientation] as const),
  ),
)('a %s of EXIF orientation %d is changed where its upright mask says', async (format, orientation) => {
  using scene = await setup();
  const upright = await images.decode(scene.web.get(INIT) ?? new Uint8Array());
  scene.web.set(INIT, await takenWith(upright, orientation, format));
  const picture = await removed(scene);
  expect(picture).toMatchObject({ width: 400, height: 300 });
  expect(at(picture, 120, 90)[0]).toBeLessThan(110);
  for (const [x, y] of [
    [20, 20],
    [380, 20],
    [20, 280],
    [380, 280],
  ] as const) {
    for (const [channel, level] of at(picture, x, y).entries()) {
      expect(Math.abs(level - (at(upright, x, y)[channel] ?? 0))).toBeLessThan(12);
    }
  }
});

test('an image of too many pixels is refused by its header', async () => {
  using scene = await setup();
  scene.web.set(INIT, headerOfPng(16_000, 16_000));
  expect(await failureOf(removed(scene))).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: 'the init image: an image of 16000 x 16000 px is larger than what is read here',
  });
  scene.web.set(INIT, new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'));
  expect(await failureOf(removed(scene))).toMatchObject({
    code: 'task.invalid',
    message: 'the init image: the bytes are not an image that can be read: it is an SVG or a web page',
  });
});

test('an image of any size comes back in that size, however small', async () => {
  using scene = await setup({}, { width: 320, height: 240 });
  await using model = await scene.engine.load(scene.files, context().signal, USUAL);
  scene.web.set(MASK, await paint(320, 240, (x) => (x < 160 ? 255 : 0)));
  for (const [width, height] of [
    [200, 180],
    [255, 512],
    [7, 3],
    [2, 1],
    [1500, 130],
  ] as const) {
    expect(await removed(scene, { width, height }, model)).toMatchObject({ width, height });
  }
});

test('a misnamed JPEG and a coloured mask of another size are read', async () => {
  using scene = await setup();
  scene.web.set(INIT, await paint(400, 300, scenery, 'jpeg'));
  scene.web.set(MASK, await paint(200, 150, (x, y) => (Math.hypot(x - 60, y - 45) < 13 ? [255, 255, 255] : [0, 0, 0])));
  const [red = 255] = at(await removed(scene, { width: 400, height: 300 }), 120, 90);
  expect(red).toBeLessThan(110);
});

test('a second image on a loaded model needs no second load', async () => {
  using scene = await setup();
  await using model = await scene.engine.load(scene.files, context().signal, USUAL);
  const task = aTask({ kind: 'image', prompt: '', initImageUrl: INIT, maskUrl: MASK, width: 300, height: 300 });
  expect(await model.run(task, context())).toEqual(await model.run(task, context()));
  expect(scene.log.names()).toEqual(['engine.started']);
});

test('an image is named as asked, unless no file can be', async () => {
  using scene = await setup();
  await using model = await scene.engine.load(scene.files, context().signal, USUAL);
  const extOf = async (ext: string): Promise<string | undefined> => {
    const task = aTask({ kind: 'image', prompt: '', initImageUrl: INIT, maskUrl: MASK, ext });
    const result = await model.run(task, context());
    return result.is === 'artifact' ? result.ext : undefined;
  };
  const asked = ['png', 'jpg', 'exe', '', '../../x'];
  const named: (string | undefined)[] = [];
  for (const ext of asked) named.push(await extOf(ext));
  expect(named).toEqual(['png', 'jpg', 'webp', 'webp', 'webp']);
});

test('a model whose process was killed says which one holds it now', async () => {
  using scene = await setup();
  await using model = await scene.engine.load(scene.files, context().signal, USUAL);
  const { pid, ended } = model.process ?? { pid: 0, ended: Promise.reject(new Error('no process')) };
  process.kill(pid, 'SIGKILL');
  await ended;
  await removed(scene, {}, model);
  expect(model.process?.pid).toBeGreaterThan(0);
  expect(model.process?.pid).not.toBe(pid);
});

test.each([
  ['initImageUrl', undefined],
  ['maskUrl', undefined],
  ['maskUrl', ''],
])('a task without %s is refused by that name, before anything is fetched', async (field, url) => {
  using scene = await setup();
  expect(await failureOf(removed(scene, { [field]: url }))).toMatchObject({
    code: 'task.input-missing',
    retryable: false,
    message: `the onnx engine needs ${field} to remove something from an image`,
  });
});

test('an image of too many pixels is refused before it is fetched', async () => {
  using scene = await setup();
  scene.web.clear();
  expect(await failureOf(removed(scene, { width: 4_294_967_295, height: 4_294_967_295 }))).toMatchObject({
    code: 'task.invalid',
    retryable: false,
  });
});

test('an input that is not there fails as the download it is', async () => {
  using scene = await setup();
  scene.web.delete(MASK);
  expect(await failureOf(removed(scene))).toMatchObject({ code: 'download.missing' });
});

test('a model source without a model file is rejected naming the missing role', async () => {
  using scene = await setup();
  const loading = scene.engine.load({ ...scene.files, paths: new Map() }, context().signal, USUAL);
  expect(await failureOf(loading)).toMatchObject({ code: 'model.role-missing', retryable: false });
  expect(scene.log.names()).toEqual([]);
});

test.each([
  ['nothing', new Uint8Array()],
  ['a web page', new TextEncoder().encode('<!doctype html><title>Sign in</title>')],
  ['half a model', inpaintingModel().subarray(0, 600)],
  ['a model with other inputs', inpaintingModel({ imageInput: 'picture' })],
])('weights that are %s are refused as unusable and crash nothing', async (_what, weights) => {
  using scene = await setup({ weights });
  expect(await failureOf(removed(scene))).toMatchObject({ code: 'model.unusable', retryable: false });
  expect(scene.log.names()).toEqual(['engine.started']);
});

test('another kind of task is refused in the words of the contract', async () => {
  using scene = await setup();
  await using model = await scene.engine.load(scene.files, context().signal, USUAL);
  const task = aTask({ kind: 'audio_tts', text: 'hello' });
  expect(await failureOf(model.run(task, context()))).toMatchObject({
    code: 'task.unsupported',
    message: 'onnx engine only serves image tasks, got audio_tts',
  });
});

test('a build without the runtime is not ready and says what to do', async () => {
  const host = { load: () => Promise.reject(new Error('nobody asked for a model')) };
  const fetchInput = () => Promise.reject(new Error('nobody asked for an input'));
  const engine = createOnnxEngine({ host, fetchInput, hasRuntime: async () => false });
  expect(await engine.readiness()).toEqual({
    ready: false,
    where: undefined,
    configured: true,
    because: 'ONNX Runtime has no files for this system in this build',
    hint: expect.stringContaining('bun install'),
  });
});
