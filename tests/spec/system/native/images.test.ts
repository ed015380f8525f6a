import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import type { ImageFormat, RawImage } from '../../../../src/system/native/images.ts';
import { createImages } from '../../../../src/system/native/sharp-images.ts';
import { headerOfPng, takenWith } from '../../../fakes/engines/pictures.ts';
import { joinWebp } from '../../../../src/system/native/webp-animation.ts';
import { aBmp } from '../../jobs/results/result-files.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

function setup() {
  const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });
  const pixels = Uint8Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 256);
  const picture: RawImage = { pixels, width: 8, height: 4, channels: 3 };
  return { images, picture };
}

const FORMATS: readonly ImageFormat[] = ['webp', 'png', 'jpeg', 'gif', 'tiff'];

test.each(FORMATS)('an image encoded as %s says so itself', async (format) => {
  const { images, picture } = setup();
  const facts = await images.probe(await images.encode({ ...picture, format }));
  expect(facts).toMatchObject({ format, width: 8, height: 4, pages: 1 });
});

test.each(['webp', 'png', 'tiff'] as const)('an image survives %s without a pixel changed', async (format) => {
  const { images, picture } = setup();
  expect(await images.decode(await images.encode({ ...picture, format }))).toMatchObject({
    pixels: Buffer.from(picture.pixels),
    width: 8,
    height: 4,
    channels: 3,
  });
});

test.each([
  ['webp', 16_384],
  ['jpeg', 65_501],
  ['gif', 65_536],
] as const)('an image too wide for %s fails with a hint naming png', async (format, width) => {
  const { images } = setup();
  const pixels = new Uint8Array(width * 3);
  const failure = await failureOf(images.encode({ pixels, width, height: 1, channels: 3, format }));
  expect(failure).toMatchObject({ code: 'task.invalid', retryable: false, hint: expect.stringContaining('"png"') });
  const narrower = images.encode({
    pixels: pixels.subarray(3 * 64),
    width: width - 64,
    height: 1,
    channels: 3,
    format,
  });
  expect((await narrower).byteLength).toBeGreaterThan(0);
});

test('a lower quality makes a smaller file', async () => {
  const { images } = setup();
  const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 256);
  const encode = async (quality: number): Promise<number> =>
    (await images.encode({ pixels, width: 64, height: 64, channels: 3, format: 'jpeg', quality })).byteLength;
  expect(await encode(10)).toBeLessThan(await encode(95));
});

test.each(['webp', 'gif'] as const)('an animated %s keeps its frames, delays and loops', async (format) => {
  const { images } = setup();
  const bytes = await images.encodeAnimation({
    width: 5,
    height: 3,
    channels: 3,
    format,
    delaysMs: [100, 200, 50],
    loop: 2,
    frame: (index) => Promise.resolve(new Uint8Array(5 * 3 * 3).fill(80 * index)),
    signal: new AbortController().signal,
    progress: () => {},
  });
  expect(await images.probe(bytes)).toEqual({
    format,
    width: 5,
    height: 3,
    isUpright: true,
    pages: 3,
    delaysMs: [100, 200, 50],
    loop: 2,
  });
  const second = await images.decode(bytes, { page: 1 });
  expect([...second.pixels.subarray(0, 3)]).toEqual([80, 80, 80]);
});

test.each(['webp', 'gif'] as const)('an animated %s that is given up asks for no further frame', async (format) => {
  const { images } = setup();
  const abort = new AbortController();
  const asked: number[] = [];
  const encoding = images.encodeAnimation({
    width: 2,
    height: 2,
    channels: 3,
    format,
    delaysMs: Array<number>(20).fill(100),
    loop: 0,
    frame: (index) => {
      asked.push(index);
      if (index === 1) abort.abort(new WorkerError('job.cancelled', 'stopped'));
      return Promise.resolve(new Uint8Array(12));
    },
    signal: abort.signal,
    progress: () => {},
  });
  expect(await failureOf(encoding)).toMatchObject({ code: 'job.cancelled' });
  expect(asked).toEqual([0, 1]);
});

test.each([24, 32] as const)('a bitmap of %d bits is read like any other image', async (bits) => {
  const { images } = setup();
  // The lowest row first, blue before green before red: a red pixel at the top left, of two rows.
  const bitmap = aBmp({ width: 2, height: 2, bits, paint: () => 0 });
  bitmap[bitmap.byteLength - 2 * (bits / 8) - (bits === 24 ? 2 : 0) + 2] = 255;
  expect(await images.probe(bitmap)).toMatchObject({ format: 'bmp', width: 2, height: 2, pages: 1, isUpright: true });
  const { pixels, channels } = await images.decode(bitmap);
  expect([...pixels.subarray(0, channels)]).toEqual([255, 0, 0]);
  expect([...pixels.subarray(channels)].every((level) => level === 0)).toBe(true);
  const topDown = bitmap.slice();
  new DataView(topDown.buffer).setInt32(22, -2, true);
  expect([...(await images.decode(topDown)).pixels.subarray(2 * channels, 3 * channels)]).toEqual([255, 0, 0]);
  const png = await images.convert(bitmap, { format: 'png', size: { width: 4, height: 4 } });
  expect(await images.probe(png)).toMatchObject({ format: 'png', width: 4, height: 4 });
});

test.each([
  ['too many pixels', 18, 70_000],
  ['no width', 18, 0],
  ['no height', 22, 0],
  ['a form of its own', 28, 8],
  ['fewer rows than it says', 22, 60],
])('a bitmap with %s is refused before memory is taken for it', async (_what, at, value) => {
  const { images } = setup();
  const bitmap = aBmp({ width: 5, height: 3, bits: 24, paint: (byte) => byte });
  const view = new DataView(bitmap.buffer);
  if (at === 28) view.setUint16(at, value, true);
  else view.setInt32(at, value, true);
  if (value === 70_000) view.setInt32(22, value, true);
  expect(await failureOf(images.decode(bitmap))).toMatchObject({ code: 'task.invalid' });
});

test('bytes that are no image are the fault of the task', async () => {
  const { images } = setup();
  expect(await failureOf(images.probe(new Uint8Array(30)))).toMatchObject({ code: 'task.invalid' });
  expect(await failureOf(images.decode(new Uint8Array(30)))).toMatchObject({ code: 'task.invalid' });
});

test('a library that cannot be unpacked is asked for again by the next image', async () => {
  let tries = 0;
  const unpack = (): Promise<undefined> =>
    ++tries === 1 ? Promise.reject(new WorkerError('native.unavailable', 'read-only')) : Promise.resolve(undefined);
  const images = createImages({ native: { unpack } });
  const { picture } = setup();
  expect(await failureOf(images.encode({ ...picture, format: 'png' }))).toMatchObject({ code: 'native.unavailable' });
  expect((await images.encode({ ...picture, format: 'png' })).byteLength).toBeGreaterThan(0);
});

test('a still without an image in it is not joined', () => {
  const still = new TextEncoder().encode('RIFF\u0004\0\0\0WEBP');
  expect(() => joinWebp({ width: 1, height: 1, loop: 0, frames: [{ still, delayMs: 1 }] })).toThrow('without an image');
});

test('no bytes at all are no image either', async () => {
  const { images } = setup();
  const fault = { code: 'task.invalid', retryable: false };
  expect(await failureOf(images.decode(new Uint8Array()))).toMatchObject(fault);
  expect(await failureOf(images.probe(new Uint8Array()))).toMatchObject(fault);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'a picture of orientation %d is upright in size and pixels',
  async (orientation) => {
    const { images, picture } = setup();
    for (const format of ['png', 'webp', 'tiff', 'jpeg'] as const) {
      const taken = await takenWith(picture, orientation, format);
      const facts = { width: 8, height: 4, isUpright: orientation === 1 };
      expect(await images.probe(taken)).toMatchObject({ format, ...facts });
      const decoded = await images.decode(taken);
      expect(decoded).toMatchObject({ width: 8, height: 4 });
      // The file carries a colour profile, which moves a level by one.
      const off = decoded.pixels.map((level, at) => Math.abs(level - (picture.pixels[at] ?? 0)));
      if (format !== 'jpeg') expect(Math.max(...off)).toBeLessThan(3);
      expect(await images.decode(taken, { size: { width: 16, height: 8 } })).toMatchObject({ width: 16, height: 8 });
      const cut = await images.convert(taken, { format: 'png', shape: { width: 1, height: 1 } });
      expect(await images.probe(cut)).toMatchObject({ format: 'png', width: 4, height: 4, isUpright: true });
    }
  },
);

test('an image is cropped to proportions around its middle, then resized', async () => {
  const { images } = setup();
  const pixels = Uint8Array.from({ length: 12 * 4 }, (_, at) => (at % 12) * 20);
  const wide = await images.encode({ pixels, width: 12, height: 4, channels: 1, format: 'png' });
  const cut = await images.decode(await images.convert(wide, { format: 'png', shape: { width: 100, height: 100 } }));
  expect([...cut.pixels.subarray(0, 4 * cut.channels)].filter((_, at) => at % cut.channels === 0)).toEqual([
    80, 100, 120, 140,
  ]);
  const size = { width: 100, height: 70 };
  expect(await images.probe(await images.convert(wide, { format: 'jpeg', shape: size, size }))).toMatchObject({
    format: 'jpeg',
    ...size,
  });
});

test.each([
  [8192, 8193],
  [16_000, 16_000],
  [900_000, 100],
])('an image of %d x %d px is rejected by its header alone', async (width, height) => {
  const { images } = setup();
  const large = headerOfPng(width, height);
  const readings = [
    () => images.probe(large),
    () => images.decode(large),
    () => images.convert(large, { format: 'png' }),
  ];
  for (const read of readings) {
    expect(await failureOf(read())).toMatchObject({ code: 'task.invalid', message: expect.stringContaining('larger') });
  }
});

test.each([
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><circle r="9"/></svg>'],
  [
    'an SVG behind a declaration',
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  ],
  ['a PDF', '%PDF-1.4\n'],
])('%s is no image', async (_what, text) => {
  const { images } = setup();
  const failure = await failureOf(images.decode(new TextEncoder().encode(text)));
  expect(failure).toMatchObject({ code: 'task.invalid', retryable: false });
});
