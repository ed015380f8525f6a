import type { TaskResult } from '../../../../src/engines/result.ts';
import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { drawn, file, IMAGE, images, noise, type Paint, setup, SMALL } from './check-scene.ts';
import { aBmp } from './result-files.ts';

test('an image of the asked size with something on it passes', async () => {
  const { problemOf } = setup();
  for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
    expect(await problemOf(IMAGE, await drawn(SMALL, noise, format))).toBeUndefined();
  }
});

test.each(['png', 'jpeg', 'webp'] as const)('a grey %s as engines make without memory is rejected', async (format) => {
  const { problemOf } = setup();
  const grey = await drawn(SMALL, () => 128, format);
  expect(await problemOf(IMAGE, grey)).toBe('the image is one flat colour (#808080)');
  expect(new WorkerError('result.rejected', 'grey').retryable).toBe(true);
});

test('a dark image and one with a small mark are not flat', async () => {
  const { problemOf } = setup();
  expect(await problemOf(IMAGE, await drawn(SMALL, (at) => at % 9))).toBeUndefined();
  expect(await problemOf(IMAGE, await drawn(SMALL, (at) => (at < 12 ? 255 : 0)))).toBeUndefined();
});

test('a prompt that asks for an empty image gets one', async () => {
  const { problemOf } = setup();
  expect(
    await problemOf({ ...IMAGE, prompt: 'a plain white background' }, await drawn(SMALL, () => 255)),
  ).toBeUndefined();
});

test('what a mask was taken off may be as flat as its surroundings', async () => {
  const { check } = setup('reject', 'onnx');
  const removal = { ...IMAGE, initImageUrl: 'https://example/page.png', maskUrl: 'https://example/mask.png' };
  const white = await drawn(SMALL, () => 255);
  expect(await check(removal, white)).toBeUndefined();
  expect(await setup().problemOf(removal, white)).toBe('the image is one flat colour (#ffffff)');
});

test('what is transparent counts only as far as it shows', async () => {
  const { problemOf } = setup();
  const sprite = (alpha: Paint) =>
    images.encode({
      ...SMALL,
      pixels: Uint8Array.from({ length: 64 * 64 * 4 }, (_, at) => (at % 4 === 3 ? alpha(at) : noise(at))),
      channels: 4,
      format: 'png',
    });
  expect(await problemOf(IMAGE, file(await sprite(() => 0)))).toBe('the image is one flat colour (fully transparent)');
  expect(await problemOf(IMAGE, file(await sprite((at) => (at > 8_000 ? 255 : 0))))).toBeUndefined();
});

test('an image of any other size than was asked for is rejected', async () => {
  const { problemOf } = setup();
  const made = await drawn({ width: 64, height: 128 }, noise);
  expect(await problemOf(IMAGE, made)).toBe('the image is 64 x 128 px instead of 64 x 64');
  expect(await problemOf({ ...IMAGE, height: 0 }, made)).toBeUndefined();
  expect(await problemOf({ ...IMAGE, height: 100 }, made)).toBe('the image is 64 x 128 px instead of 64 x 100');
  expect(await problemOf({ ...IMAGE, height: 60 }, made)).toBe('the image is 64 x 128 px instead of 64 x 60');
});

test('bytes that are no image, or only its beginning, are rejected', async () => {
  const { problemOf } = setup();
  const whole = await drawn({ width: 256, height: 256 }, noise);
  const half = whole.is === 'artifact' ? whole.bytes.slice(0, whole.bytes.byteLength / 2) : new Uint8Array();
  const asked = { ...IMAGE, width: 256, height: 256 };
  expect(await problemOf(asked, file(half))).toBe('the image cannot be decoded');
  expect(await problemOf(IMAGE, file(new TextEncoder().encode('<html>502</html>')))).toBe(
    'the image cannot be decoded',
  );
  expect(await problemOf(IMAGE, file(new Uint8Array()))).toBe('the file is empty');
});

test('a bitmap is checked although the image library reads none', async () => {
  const { problemOf } = setup();
  for (const bits of [24, 32] as const) {
    const odd = { width: 63, height: 64 };
    expect(await problemOf({ ...IMAGE, ...odd }, file(aBmp({ ...odd, bits, paint: noise }), 'bmp'))).toBeUndefined();
    expect(await problemOf(IMAGE, file(aBmp({ ...SMALL, bits, paint: () => 0 }), 'bmp'))).toBe(
      'the image is one flat colour (#000000)',
    );
  }
  const cut = aBmp({ ...SMALL, bits: 24, paint: noise }).subarray(0, 5_000);
  expect(await problemOf(IMAGE, file(cut, 'bmp'))).toBe('the image cannot be decoded');
  expect(await problemOf(IMAGE, file(cut.subarray(0, 20), 'bmp'))).toBe('the image cannot be decoded');
});

test.each([
  ['webp', 'jpg', 'the file is a webp under the name of a jpg'],
  ['png', 'webp', 'the file is a png under the name of a webp'],
  ['jpeg', 'PNG', 'the file is a jpeg under the name of a PNG'],
  ['tiff', 'gif', 'the file is a tiff under the name of a gif'],
  ['jpeg', 'JPG', undefined],
  ['tiff', 'tif', undefined],
] as const)('a %s that is named %s is found out by its first bytes', async (format, ext, problem) => {
  const { problemOf } = setup();
  const made = await drawn(SMALL, noise, format);
  expect(await problemOf(IMAGE, { ...made, ext } as TaskResult)).toBe(problem);
});
