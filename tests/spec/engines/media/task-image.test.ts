import { expect, test } from 'bun:test';
import sharp from 'sharp';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { MAX_IMAGE_BYTES } from '../../../../src/contract/limits.ts';
import { readTaskImage } from '../../../../src/engines/media/task-image.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';

const URL = 'https://example.invalid/fox.png';
const orange = { create: { width: 3, height: 2, channels: 3, background: '#d9742b' } } as const;
const png = new Uint8Array(await sharp(orange).png().toBuffer());
const gif = new Uint8Array(await sharp(orange).gif().toBuffer());

const read = (url: string, web: Uint8Array = png, signal = new AbortController().signal) =>
  readTaskImage(
    { what: 'input image', url },
    { fetchImage: () => Promise.resolve(web), images, clock: new FakeClock() },
    signal,
  );

test.each(['png', 'jpeg', 'webp'] as const)('a %s is read from its URL and from a data URL', async (format) => {
  const bytes = new Uint8Array(await sharp(orange).toFormat(format).toBuffer());
  expect(await read(URL, bytes)).toMatchObject({ width: 3, height: 2 });
  expect(await read(`data:image/${format};base64,${bytes.toBase64()}`)).toMatchObject({ width: 3, height: 2 });
});

test.each([
  ['a scheme in capitals', `DATA:image/png;base64,${png.toBase64()}`],
  ['the name of its file', `data:image/png;name=fox.png;base64,${png.toBase64()}`],
  ['a character set', `data:image/png;charset=utf-8;base64,${png.toBase64()}`],
  ['a blank before its coding', `data:image/png; base64,${png.toBase64()}`],
  ['escaped marks', `data:image/png;base64,${encodeURIComponent(png.toBase64())}`],
])('an image is read from a data URL with %s', async (_, url) => {
  expect(await read(url, new Uint8Array())).toMatchObject({ width: 3, height: 2 });
});

test.each([
  ['a web page', URL, new TextEncoder().encode('<!doctype html>'), 'the input image is no PNG, JPEG or WebP'],
  ['nothing', URL, new Uint8Array(), 'the input image is no PNG, JPEG or WebP'],
  ['another format', URL, gif, 'the input image is no PNG, JPEG or WebP'],
  ['a text', 'data:text/plain;base64,aGk=', png, 'the input image is a data URL, but not of an image in base64'],
  ['no base64', 'data:image/png,aGk=', png, 'the input image is a data URL, but not of an image in base64'],
  ['bad base64', 'data:image/png;base64,%%%', png, 'the input image is a data URL whose base64 cannot be read'],
])('an input image that is %s fails the task for good', async (_, url, web, message) => {
  const hint = url.startsWith('data:')
    ? 'Create the job with `data:image/png;base64,` and'
    : 'with the URL of a PNG, JPEG';
  expect(await read(url, web).catch(toWorkerError)).toMatchObject({
    code: 'task.invalid',
    message,
    hint: expect.stringContaining(hint),
    retryable: false,
  });
});

test('one byte more than 25 MiB in a data URL is too large', async () => {
  const url = `data:image/png;base64,${new Uint8Array(MAX_IMAGE_BYTES + 1).toBase64()}`;
  expect(await read(url).catch(toWorkerError)).toMatchObject({
    code: 'download.too-large',
    message: 'the input image is larger than 25.0 MiB',
  });
});

test('an image that does not arrive within a minute may be tried again', async () => {
  const clock = new FakeClock();
  const fetchImage = (_what: string, _url: string, signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  const never = new AbortController().signal;
  const reading = readTaskImage({ what: 'input image', url: URL }, { fetchImage, images, clock }, never);
  clock.advance(60_000);
  const error = await reading.then(() => expect.unreachable(), toWorkerError);
  expect(error).toMatchObject({ message: 'the input image did not arrive within 60 s', retryable: true });
});
