import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { planImage } from '../../../../src/engines/sd-cpp/size-plan.ts';
import type { TaskOf } from '../../../../src/contract/tasks/index.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { takenWith } from '../../../fakes/engines/pictures.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const [INIT, MASK] = ['https://studio.example/init', 'https://studio.example/mask'];
const plan = (about: Readonly<Record<string, unknown>>) =>
  planImage(aTask({ kind: 'image', prompt: 'a golem', ...about }) as TaskOf<'image'>, synthetic.cliDefaults);

test.each([
  [
    { width: 4_294_967_295, height: 4_294_967_295 },
    '4294967295 x 4294967295 px is larger than the sd-cpp engine draws',
  ],
  [{ width: 8192, height: 4096 }, '8192 x 4096 px is larger than the sd-cpp engine draws'],
  [{ steps: 4_294_967_295 }, '4294967295 steps are more than the sd-cpp engine takes'],
  [{ denoise: 1.5 }, 'a denoise of 1.5 is no share of an image'],
  [{ cfgScale: 1e300 }, 'a cfgScale of 1e+300 is more than any model follows'],
  [{ width: 100, ext: 'bmp' }, 'a bmp can only be drawn with sides that are multiples of 64 px'],
])('what no model can do is refused for good before anything starts: %p', async (about, message) => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await failureOf(scene.run(about))).toMatchObject({ code: 'task.invalid', retryable: false, message });
  expect(scene.programs).toEqual([]);
});

test('a video of more pixels than any model draws is refused before anything starts', async () => {
  await using scene = sdCppScene({ defaults: { mode: 'vid_gen' } });
  await scene.install();
  const about = { kind: 'video', seconds: 1, width: 4_294_967_295, height: 64, ext: 'webp' };
  expect(await failureOf(scene.run(about))).toMatchObject({ code: 'task.invalid', retryable: false });
  expect(scene.programs).toEqual([]);
});

test('a size that every model draws is left unchanged', () => {
  for (const about of [{ width: 1024, height: 704, ext: 'jpg' }, { width: 0, height: 0 }, {}]) {
    const { task, stretch } = plan(about);
    expect(stretch).toBeUndefined();
    expect(task).toEqual(aTask({ kind: 'image', prompt: 'a golem', ...about }) as TaskOf<'image'>);
  }
});

test.each(['png', 'jpg', 'webp'])('a model that draws 128 x 128 delivers %s at 100 x 70', async (ext) => {
  for (const both of [true, false]) {
    await using scene = sdCppScene({ file: 'stepped.gguf' });
    await (both ? scene.installBoth() : scene.install());
    const result = await scene.run({ width: 100, height: 70, ext });
    if (result.is !== 'artifact') throw new Error('expected an image');
    expect(result.ext).toBe(ext);
    expect(await images.probe(result.bytes)).toMatchObject({
      format: ext === 'jpg' ? 'jpeg' : ext,
      width: 100,
      height: 70,
    });
  }
});

test('a start image and its mask are stretched alike', async () => {
  const init = await paint(100, 70, (x) => (x < 50 ? [255, 0, 0] : [0, 0, 255]));
  const mask = await paint(100, 70, (x) => (x < 50 ? 255 : 0));
  await using scene = sdCppScene({
    file: 'stepped.gguf',
    fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask),
  });
  await scene.install();
  const result = await scene.run({ initImageUrl: INIT, maskUrl: MASK, width: 100, height: 70 });
  expect(result.is === 'artifact' && (await images.probe(result.bytes))).toMatchObject({ width: 100, height: 70 });
  expect(scene.asked().at(-1)?.args?.join(' ')).toContain('-W 128 -H 128');
  for (const name of ['init.png', 'mask.png']) {
    const facts = await images.probe(readFileSync(scene.at(name)));
    expect(facts).toMatchObject({ width: 128, height: 128 });
  }
});

test.each([2, 3, 4, 5, 6, 7, 8])('images of orientation %d reach the program upright', async (orientation) => {
  const upright = await images.decode(await paint(64, 128, (_x, y) => (y < 64 ? [255, 255, 255] : [0, 0, 0])));
  const taken = await takenWith(upright, orientation, 'jpeg');
  await using scene = sdCppScene({ fetchInput: () => Promise.resolve(taken) });
  await scene.install();
  await scene.run({ initImageUrl: INIT, maskUrl: MASK, width: 64, height: 128 });
  await scene.run({ refImageUrl: INIT, width: 64, height: 128 });
  for (const name of ['init.png', 'mask.png', 'ref.png']) {
    const { pixels, width, height, channels } = await images.decode(readFileSync(scene.at(name)));
    expect({ width, height }).toEqual({ width: 64, height: 128 });
    expect([pixels[0] ?? 0, pixels[(height - 1) * width * channels] ?? 255].map((level) => level > 128)).toEqual([
      true,
      false,
    ]);
  }
});

test('a mask reaches the program by its visible part and must select something', async () => {
  const init = await paint(64, 64, (x, y) => [x, y, 9]);
  const half = Uint8Array.from({ length: 64 * 64 * 4 }, (_, at) => (at % 4 < 3 || at < 64 * 32 * 4 ? 255 : 0));
  const withMask = async (pixels: Uint8Array) => {
    const mask = await images.encode({ pixels, width: 64, height: 64, channels: 4, format: 'png' });
    await using scene = sdCppScene({
      fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask),
    });
    await scene.install();
    await scene.run({ initImageUrl: INIT, maskUrl: MASK, height: 64 });
    return await images.decode(readFileSync(scene.at('mask.png')));
  };
  const { pixels, channels } = await withMask(half);
  expect([pixels[0], pixels[63 * 64 * channels]]).toEqual([255, 0]);
  const nothing = half.map((level, at) => (at % 4 === 3 ? 0 : level));
  expect(await failureOf(withMask(nothing))).toMatchObject({
    code: 'task.invalid',
    message: 'the mask selects nothing, so nothing would change',
  });
});

test.each([true, false])('a reference image is refused by a model that would ignore it (server: %p)', async (both) => {
  const image = await paint(64, 64, (x, y) => [x, y, 9]);
  await using scene = sdCppScene({ file: 'sdxl.gguf', fetchInput: () => Promise.resolve(image) });
  await (both ? scene.installBoth() : scene.install());
  expect(await failureOf(scene.run({ refImageUrl: INIT }))).toMatchObject({
    code: 'task.images-unsupported',
    retryable: false,
    message: 'a model of SDXL cannot follow a reference image, and would draw as if there were none',
  });
  expect((await scene.run({ initImageUrl: INIT })).is).toBe('artifact');
});

test('a reference image is followed by a model that can', async () => {
  const image = await paint(64, 64, (x, y) => [x, y, 9]);
  await using scene = sdCppScene({ file: 'flux.gguf', fetchInput: () => Promise.resolve(image) });
  await scene.install();
  expect((await scene.run({ refImageUrl: INIT })).is).toBe('artifact');
});
