import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { framesOfAvi } from '../../../../src/engines/sd-cpp/avi.ts';
import { planVideo } from '../../../../src/engines/sd-cpp/video.ts';
import { checkVideo } from '../../../../src/jobs/results/video.ts';
import { makeAvi } from '../../../fakes/engines/sd-cpp/avi.ts';
import { aTask } from '../../../fakes/builders.ts';
import { anFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { type SdCppChoice, sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const CLIP = { kind: 'video', prompt: 'a fox walks', seconds: 0.5, fps: 16, width: 64, height: 48 } as const;

const setup = (choice: SdCppChoice = {}) => sdCppScene({ defaults: { mode: 'vid_gen', steps: 4 }, ...choice });

function videoTask(about: Readonly<Record<string, unknown>>) {
  const task = aTask({ ...CLIP, ...about });
  if (task.kind !== 'video') throw new Error('expected a video task');
  return task;
}

async function videoOf(scene: ReturnType<typeof setup>, about: Readonly<Record<string, unknown>> = {}) {
  const result = await scene.run({ ...CLIP, ...about });
  if (result.is !== 'artifact') throw new Error('expected a video');
  return result;
}

test('a source that makes video is asked for frames by seconds and rate', async () => {
  const init = await paint(64, 48, (x, y) => [x, y, 9], 'jpeg');
  await using scene = setup({ fetchInput: () => Promise.resolve(init) });
  await scene.installBoth();
  await videoOf(scene, { ext: 'webp', initImageUrl: 'https://studio.example/first.webp', negativePrompt: 'blur' });
  const [{ program, args = [] } = { program: 'none' }] = scene.asked();
  expect(program).toBe('sd-cli');
  const line = args.join(' ').replaceAll(/\S*\/(init\.jpg|out\.avi|model\.gguf)/g, '$1');
  expect(line).toBe(
    '-M vid_gen --diffusion-model model.gguf -p a fox walks --negative-prompt blur --init-img init.jpg ' +
      '--cfg-scale 1 --steps 4 -W 64 -H 48 --video-frames 9 --fps 16 -o out.avi --diffusion-fa',
  );
  expect(scene.leftovers()).toEqual([]);
});

test('the further parts of a model for video have flags of their own', async () => {
  await using scene = setup();
  await scene.install();
  const paths = new Map([
    ...scene.files.paths,
    ['high-noise-diffusion-model', '/high.gguf'],
    ['t5xxl', '/t5.gguf'],
    ['clip-vision', '/vision.gguf'],
  ] as const);
  await using model = await scene.engine.load({ ...scene.files, paths }, scene.abort.signal, USUAL);
  await scene.runOn(model, { ...CLIP, ext: 'webp' });
  const line = scene.asked()[0]?.args?.join(' ');
  expect(line).toContain('--high-noise-diffusion-model /high.gguf');
  expect(line).toContain('--t5xxl /t5.gguf --clip_vision /vision.gguf');
});

test('a video becomes an animated WebP of full length without ffmpeg', async () => {
  await using scene = setup();
  await scene.install();
  const { bytes, ext } = await videoOf(scene, { ext: 'mp4', seconds: 0.6, fps: 10 });
  expect(ext).toBe('webp');
  const { pages, delaysMs, width, height } = await images.probe(bytes);
  expect({ pages, width, height }).toEqual({ pages: 6, width: 64, height: 48 });
  expect(delaysMs.reduce((sum, ms) => sum + ms, 0)).toBe(600);
  expect(await checkVideo(bytes, { ...videoTask({ seconds: 0.6 }), fps: 10, mayBeFlat: false }, images)).toEqual({
    is: 'good',
  });
  expect(scene.log.find('video.written-as-webp')?.fields).toMatchObject({
    asked: 'mp4',
    because: 'there is no ffmpeg here',
  });
});

test.each(['mp4', 'webm', 'gif'] as const)('with ffmpeg a video becomes the %s that was asked for', async (ext) => {
  await using folder = await tempFolder();
  await using scene = setup({ ffmpeg: anFfmpeg(folder.path) });
  await scene.install();
  const video = await videoOf(scene, { ext });
  expect(video.ext).toBe(ext);
  const result = await checkVideo(video.bytes, { ...videoTask({ ext }), fps: 16, mayBeFlat: false }, images);
  expect(result).toEqual({ is: 'good' });
});

test.each(['webp', 'mp4'] as const)('a model that draws in steps delivers a %s of the asked size', async (ext) => {
  await using folder = await tempFolder();
  await using scene = setup({ file: 'stepped.gguf', ffmpeg: anFfmpeg(folder.path) });
  await scene.install();
  const asked = { width: 100, height: 70, ext };
  const { bytes } = await videoOf(scene, asked);
  const expected = { ...videoTask(asked), fps: 16, mayBeFlat: false };
  expect(await checkVideo(bytes, expected, images)).toEqual({ is: 'good' });
  expect(await checkVideo(bytes, { ...expected, height: 72 }, images)).toMatchObject({
    problem: 'the video is 100 x 70 px instead of 100 x 72',
  });
});

test('an AVI is what sd-cli writes, so it is handed on as it is', async () => {
  await using scene = setup();
  await scene.install();
  const { bytes, ext } = await videoOf(scene, { ext: 'AVI' });
  expect(ext).toBe('avi');
  expect(framesOfAvi(bytes)).toHaveLength(9);
});

test('a video without frames is a failure', async () => {
  await using scene = setup();
  await scene.install();
  expect(await failureOf(videoOf(scene, { prompt: 'nothing' }))).toMatchObject({ code: 'engine.failed' });
});

test('an image task is rejected by a video model before it starts', async () => {
  await using scene = setup();
  await scene.install();
  expect(await failureOf(scene.run())).toMatchObject({
    code: 'task.unsupported',
    hint: expect.stringContaining('vid_gen'),
  });
  expect(scene.asked()).toEqual([]);
});

test('frames are asked for in whole groups, and no fewer than the video has', () => {
  const plan = (about: Readonly<Record<string, unknown>>) => planVideo(videoTask(about));
  expect(plan({ seconds: 2, fps: 16 })).toEqual({ fps: 16, frames: 32, requestedFrames: 33 });
  expect(plan({ seconds: 0, fps: undefined })).toEqual({ fps: 16, frames: 2, requestedFrames: 5 });
  expect(plan({ seconds: 1, fps: 0 })).toEqual({ fps: 16, frames: 16, requestedFrames: 17 });
  expect(() => plan({ seconds: 3600, fps: 60 })).toThrow('more than the sd-cpp engine makes');
});

test('a truncated video yields the frames that are whole', () => {
  const frames: readonly Uint8Array[] = [3, 4, 5].map((size) => new Uint8Array(size).fill(size));
  const avi = makeAvi(frames, { width: 8, height: 8, fps: 4 });
  expect([...framesOfAvi(avi)]).toEqual([...frames]);
  for (let cut = 0; cut < avi.byteLength; cut++) {
    const whole = framesOfAvi(avi.subarray(0, cut));
    expect(frames.slice(0, whole.length)).toEqual([...whole]);
  }
  expect(framesOfAvi(new TextEncoder().encode('RIFF....WEBP'))).toEqual([]);
});

test('a video that is too long is the task’s fault', () => {
  const thrown = ((): unknown => {
    try {
      return planVideo(videoTask({ seconds: 100, fps: 30 }));
    } catch (error) {
      return error;
    }
  })();
  expect(toWorkerError(thrown)).toMatchObject({ code: 'task.invalid', retryable: false });
});
