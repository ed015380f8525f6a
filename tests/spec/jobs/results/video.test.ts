import { expect, test } from 'bun:test';
import { file, images, noise, type Paint, setup, SMALL } from './check-scene.ts';
import { anMp4, aWebm } from './result-files.ts';

const VIDEO = { kind: 'video', prompt: 'a fox runs', seconds: 1, fps: 4, ...SMALL } as const;
const animation = (delaysMs: readonly number[], frame: (index: number) => Paint, format: 'webp' | 'gif' = 'webp') =>
  images.encodeAnimation({
    ...SMALL,
    channels: 3,
    format,
    delaysMs,
    loop: 0,
    frame: (index) => Promise.resolve(Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => frame(index)(at))),
    signal: new AbortController().signal,
    progress: () => {},
  });

test.each(['webp', 'gif'] as const)('a %s video of about the asked length passes, even fading in', async (format) => {
  const { problemOf } = setup();
  const fading = await animation(
    [250, 250, 250, 250],
    (index) => (index === 0 ? () => 0 : (at) => noise(at + index)),
    format,
  );
  expect(await problemOf(VIDEO, file(fading, format))).toBeUndefined();
});

test('a video that is flat throughout, too short or of another size is rejected', async () => {
  const { problemOf } = setup();
  const grey = file(await animation([250, 250, 250, 250], (index) => () => 100 + index), 'webp');
  expect(await problemOf(VIDEO, grey)).toBe('the video is one flat colour (#676767)');
  expect(await problemOf({ ...VIDEO, prompt: 'a solid colour' }, grey)).toBeUndefined();
  const short = file(await animation([250, 250], () => noise), 'webp');
  expect(await problemOf({ ...VIDEO, seconds: 4 }, short)).toBe('the video is 0.5 s long instead of 4 s');
  expect(await problemOf({ ...VIDEO, width: 128 }, short)).toBe('the video is 64 x 64 px instead of 128 x 64');
  expect(await problemOf(VIDEO, file(Uint8Array.of(1, 2, 3)))).toBe('the video cannot be decoded');
});

test('an MP4 is judged by its own tables', async () => {
  const { problemOf } = setup();
  const good = { ...SMALL, frames: 4, seconds: 1 };
  expect(await problemOf(VIDEO, file(anMp4(good), 'mp4'))).toBeUndefined();
  expect(await problemOf(VIDEO, file(anMp4({ ...good, wideTimes: true }), 'mp4'))).toBeUndefined();
  expect(await problemOf(VIDEO, file(anMp4({ ...good, frames: 0 }), 'mp4'))).toBe('the video has no frames');
  expect(await problemOf(VIDEO, file(anMp4({ ...good, seconds: 9 }), 'mp4'))).toBe(
    'the video is 9.0 s long instead of 1 s',
  );
  expect(await problemOf(VIDEO, file(anMp4({ ...good, handler: 'soun' }), 'mp4'))).toBe(
    'the MP4 is cut off or has no video track',
  );
});

test('an MP4 that is cut off anywhere is rejected and never breaks the check', async () => {
  const { problemOf } = setup();
  const whole = anMp4({ ...SMALL, frames: 4, seconds: 1 });
  for (let end = 8; end < whole.byteLength; end++) {
    expect(await problemOf(VIDEO, file(whole.subarray(0, end), 'mp4'))).toBe(
      'the MP4 is cut off or has no video track',
    );
  }
});

test('a WebM is judged by its own elements', async () => {
  const { problemOf } = setup();
  const good = { ...SMALL, frames: 4, seconds: 1 };
  expect(await problemOf(VIDEO, file(aWebm(good), 'webm'))).toBeUndefined();
  expect(await problemOf(VIDEO, file(aWebm({ ...good, frames: 0 }), 'webm'))).toBe('the video has no frames');
  expect(await problemOf(VIDEO, file(aWebm({ ...good, seconds: 9 }), 'webm'))).toBe(
    'the video is 9.0 s long instead of 1 s',
  );
  expect(await problemOf({ ...VIDEO, width: 128 }, file(aWebm(good), 'webm'))).toBe(
    'the video is 64 x 64 px instead of 128 x 64',
  );
});

test('a WebM that is cut off anywhere is rejected and never breaks the check', async () => {
  const { problemOf } = setup();
  const whole = aWebm({ ...SMALL, frames: 4, seconds: 1 });
  for (let end = 4; end < whole.byteLength; end++) {
    expect(await problemOf(VIDEO, file(whole.subarray(0, end), 'webm'))).toBe(
      'the WebM is cut off or has no video track',
    );
  }
});

test('an odd side of an MP4 may be the next even one', async () => {
  const { problemOf } = setup();
  const odd = { ...VIDEO, width: 63, height: 61 };
  expect(await problemOf(odd, file(anMp4({ width: 64, height: 62, frames: 4, seconds: 1 }), 'mp4'))).toBeUndefined();
  expect(await problemOf(odd, file(anMp4({ width: 64, height: 66, frames: 4, seconds: 1 }), 'mp4'))).toBe(
    'the video is 64 x 66 px instead of 64 x 62',
  );
});

test('containers that cannot be checked pass and are logged', async () => {
  const { problemOf, log } = setup();
  expect(await problemOf(VIDEO, file(aWebm({ ...SMALL, frames: 4, seconds: undefined }), 'webm'))).toBeUndefined();
  expect(await problemOf(VIDEO, file(new TextEncoder().encode('RIFF....AVI LIST'), 'avi'))).toBeUndefined();
  const piped = anMp4({ ...SMALL, frames: 0, seconds: 0, fragmented: true });
  expect(await problemOf(VIDEO, file(piped, 'mp4'))).toBeUndefined();
  expect(await problemOf(VIDEO, file(piped.subarray(0, -1), 'mp4'))).toBe('the MP4 is cut off or has no video track');
  expect(log.events.map(({ fields }) => fields.because)).toEqual([
    'a WebM that was written into a pipe does not say how long it is',
    'the frames of an AVI are not checked',
    'the frames of a fragmented MP4 are not checked',
  ]);
});
