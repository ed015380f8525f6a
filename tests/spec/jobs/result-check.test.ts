import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import { createResultCheck } from '../../../src/jobs/result-check.ts';
import { aJob, aTask, synthetic } from '../../fakes/builders.ts';
import { USUAL } from '../../fakes/engines/loading.ts';
import { aSynthetic } from '../../fakes/engines/synthetic-engine.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { checkSchema, drawn, file, IMAGE, setup, SMALL } from './results/check-scene.ts';

test('without an image library an image is delivered unchecked and logged', async () => {
  const failing = () => Promise.reject(new WorkerError('native.unavailable', 'no image library'));
  const resultCheck = createResultCheck({
    images: { probe: failing, decode: failing },
    checkSchema,
    policy: () => 'reject',
  });
  const log = recordingLogger();
  await resultCheck.check(aJob({ task: aTask(IMAGE) }), file(Uint8Array.of(1)), {
    log,
    signal: new AbortController().signal,
  });
  expect(log.find('result.unchecked')?.fields).toEqual({ because: 'no image library' });
});

test('flagging delivers a bad result and says what is wrong, off does not check', async () => {
  const flag = setup('flag');
  const grey = await drawn(SMALL, () => 128);
  await flag.check(IMAGE, grey);
  expect(flag.log.find('result.flagged')).toMatchObject({
    level: 'warn',
    fields: { kind: 'image', problem: 'the image is one flat colour (#808080)' },
  });
  const off = setup('off');
  await off.check(IMAGE, grey);
  expect(off.log.events).toEqual([]);
});

test('a check ends with the job it belongs to', async () => {
  const never = () => new Promise<never>(() => {});
  const resultCheck = createResultCheck({
    images: { probe: never, decode: never },
    checkSchema,
    policy: () => 'reject',
  });
  const abort = new AbortController();
  const checking = resultCheck.check(aJob({ task: aTask(IMAGE) }), file(Uint8Array.of(1)), {
    log: recordingLogger(),
    signal: abort.signal,
  });
  const reason = new WorkerError('job.cancelled', 'the worker was stopped');
  abort.abort(reason);
  expect(await checking.catch((thrown: unknown) => thrown)).toBe(reason);
});

const IMAGE_EXTS = ['webp', 'png', 'jpg', 'gif', 'tiff', 'bmp'];
const prompts = fc.string({ unit: 'grapheme', maxLength: 60 });
const anyTask = fc.oneof(
  fc.record({
    kind: fc.constant('image' as const),
    prompt: prompts,
    width: fc.integer({ min: 1, max: 150 }),
    height: fc.integer({ min: 1, max: 150 }),
    ext: fc.constantFrom(...IMAGE_EXTS),
  }),
  fc.record({
    kind: fc.constant('video' as const),
    prompt: prompts,
    seconds: fc.double({ min: 0, max: 1.5, noNaN: true }),
    fps: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    width: fc.integer({ min: 1, max: 64 }),
    height: fc.integer({ min: 1, max: 64 }),
    ext: fc.constantFrom('mp4', 'gif', 'webp'),
  }),
  fc.record({ kind: fc.constant('audio_tts' as const), text: prompts }),
  fc.record({ kind: fc.constant('audio_stt' as const), inputUrl: prompts }),
  fc.record({
    kind: fc.constant('llm' as const),
    messages: fc.array(fc.record({ role: fc.constant('user'), content: prompts })),
    jsonSchema: fc.constant({ type: 'object' }),
  }),
);

test('what the synthetic engine makes of any task passes', async () => {
  const { check } = setup('reject', 'synthetic');
  const engine = aSynthetic();
  const { signal } = new AbortController();
  const files = { model: toModelId('synthetic'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
  await using loaded = await engine.load(files, signal, USUAL);
  await fc.assert(
    fc.asyncProperty(anyTask, async (params) => {
      await check(params, await loaded.run(aTask(params), { signal, progress: () => {}, emit: () => {} }));
    }),
    { numRuns: 150 },
  );
}, 20_000);
