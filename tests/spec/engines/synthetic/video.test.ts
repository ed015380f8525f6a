import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import type { RunContext } from '../../../../src/engines/engine.ts';
import { openSchemaCheck } from '../../../../src/compose/children/schema-check.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { createResultCheck } from '../../../../src/jobs/result-check.ts';
import { aJob, aTask, synthetic } from '../../../fakes/builders.ts';
import { anFfmpeg, noFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { aSynthetic } from '../../../fakes/engines/synthetic-engine.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const ABORT_LIMIT_MS = 10_000;

/** The engine on a machine with ffmpeg or without, and the check that a result passes before it is delivered. */
async function setup(hasFfmpeg = true) {
  const folder = await tempFolder();
  const log = recordingLogger();
  const engine = aSynthetic({ ffmpeg: hasFfmpeg ? anFfmpeg(folder.path) : noFfmpeg(folder.path), log });
  const resultCheck = createResultCheck({
    images,
    checkSchema: openSchemaCheck({ clock: systemClock }),
    policy: () => 'reject',
  });
  const { signal } = new AbortController();
  const files = { model: toModelId('synthetic'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
  const loaded = await engine.load(files, signal, USUAL);
  const about = { kind: 'video' as const, prompt: 'waves', seconds: 1, fps: 6, width: 48, height: 32 };
  return {
    log,
    make: async (choice: Readonly<Record<string, unknown>> = {}, context: Partial<RunContext> = {}) => {
      const task = aTask({ ...about, ...choice });
      const result = await loaded.run(task, { signal, progress: () => {}, emit: () => {}, ...context });
      if (result.is !== 'artifact') throw new Error('expected a video');
      await resultCheck.check(aJob({ task }), result, { log, signal });
      return result;
    },
    async [Symbol.asyncDispose]() {
      await loaded[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test.each(['mp4', 'webm', 'gif'])('a video is made as %s where ffmpeg is, and passes the look', async (ext) => {
  await using worker = await setup();
  const steps: string[] = [];
  const video = await worker.make({ ext }, { progress: (done, total) => steps.push(`${done}/${total}`) });
  expect(video.ext).toBe(ext);
  expect(steps.at(-1)).toBe('6/6');
  expect(worker.log.find('video.encoded')?.fields).toEqual({ asked: ext, ext, by: 'ffmpeg', frames: 6 });
  expect(worker.log.find('result.unchecked')).toBeUndefined();
});

test('a video without an extension is the MP4 that the contract names', async () => {
  await using worker = await setup();
  expect((await worker.make()).ext).toBe('mp4');
  expect((await worker.make({ ext: 'MP4', width: 33, height: 31 })).ext).toBe('mp4');
});

test('without ffmpeg a video is an animated WebP, and the log says why', async () => {
  await using worker = await setup(false);
  for (const asked of ['mp4', 'webm']) expect((await worker.make({ ext: asked })).ext).toBe('webp');
  expect(worker.log.find('video.encoded')?.fields).toEqual({
    asked: 'mp4',
    ext: 'webp',
    by: 'images',
    frames: 6,
    because: 'ffmpeg is not installed on this machine',
  });
});

test('what needs no ffmpeg is made without it', async () => {
  await using worker = await setup(false);
  for (const ext of ['webp', 'gif']) expect((await worker.make({ ext })).ext).toBe(ext);
});

test('a cancelled video ends at once, whatever encodes it', async () => {
  await using worker = await setup();
  const abort = new AbortController();
  const reason = new Error('the worker was stopped');
  const begun = Promise.withResolvers<void>();
  const big = { seconds: 60, fps: 8, width: 512, height: 512, ext: 'webm' };
  const failure = failureOf(worker.make(big, { signal: abort.signal, progress: () => begun.resolve() }));
  await begun.promise;
  abort.abort(reason);
  expect(await within(ABORT_LIMIT_MS, 'the end', failure)).toBe(reason);
});
