import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import { createRegistry } from '../../../src/engines/registry.ts';
import { IGNORE_DELTAS } from '../../../src/engines/deltas.ts';
import type { JobPhase } from '../../../src/contract/worker/jobs.ts';
import { endedRecord } from '../../../src/jobs/job-record.ts';
import { run } from '../../../src/jobs/run.ts';
import { aJob, aTask, heldFiles, synthetic } from '../../fakes/builders.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';
import { plainRun, trusting } from '../../fakes/run-deps.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { LEAN, USUAL } from '../../fakes/engines/loading.ts';
import { notReady } from '../../../src/engines/readiness.ts';

function setup() {
  const engine = new ScriptedEngine();
  const clock = new FakeClock();
  const log = recordingLogger();
  const abort = new AbortController();
  const phases: JobPhase[] = [];
  const start = (job = aJob(), resultCheck = trusting) =>
    run(
      job,
      {
        registry: createRegistry([engine]),
        files: {
          filesFor: () => Promise.resolve(heldFiles),
        },
        observer: { onPhase: (phase) => phases.push(phase), onProgress: () => {}, onDelta: IGNORE_DELTAS },
        ...plainRun,
        resultCheck,
        clock,
        log,
      },
      abort.signal,
    );
  return { engine, clock, log, abort, phases, start };
}

test('a job that succeeds ends completed with its result and its time', async () => {
  const { engine, clock, start } = setup();
  const outcome = start();
  const job = await engine.started();
  clock.advance(1_500);
  job.finish();
  const ended = await outcome;
  expect(ended).toMatchObject({ is: 'completed', result: { is: 'json', value: { text: 'done' } } });
  expect(ended.finishedAt - ended.startedAt).toBe(1_500);
});

test('a job passes from loading over running to checking, each reported once', async () => {
  const { engine, phases, start } = setup();
  const outcome = start();
  (await engine.started()).finish();
  await outcome;
  expect(phases).toEqual(['loading', 'running', 'checking']);
});

test('a result reports how long its model loaded and ran', async () => {
  const { engine, clock, log, start } = setup();
  const load = engine.load.bind(engine);
  engine.load = (...asked) => {
    clock.advance(700);
    return load(...asked);
  };
  const outcome = start();
  const job = await engine.started();
  clock.advance(300);
  job.finish();
  const ended = await outcome;
  expect(ended).toMatchObject({ is: 'completed', loadMs: 700, runMs: 300 });
  expect(log.find('job.ran')?.fields).toMatchObject({ durationMs: 1_000, loadMs: 700, runMs: 300 });
  expect(endedRecord(ended)).toMatchObject({ status: 'undelivered', loadMs: 700, runMs: 300 });
});

test('a job’s outcome, log and record name the device it ran on', async () => {
  const { engine, log, start } = setup();
  engine.ranOn = 'cuda';
  const running = start();
  (await engine.started()).finish();
  const outcome = await running;
  expect(outcome).toMatchObject({ is: 'completed', ranOn: 'cuda' });
  expect(log.find('job.ran')?.fields).toMatchObject({ ranOn: 'cuda' });
  expect(endedRecord(outcome)).toMatchObject({ status: 'undelivered', ranOn: 'cuda' });
});

test('a job that runs out of memory is loaded lean once and then done', async () => {
  const { engine, log, start } = setup();
  engine.canRunLean = true;
  const running = start();
  (await engine.started()).fail(new WorkerError('engine.out-of-memory', 'cudaMalloc failed'));
  (await engine.started()).finish();
  expect(await running).toMatchObject({ is: 'completed' });
  expect(engine.loads).toEqual([USUAL, LEAN]);
  expect([engine.loaded, log.find('job.retried-lean')?.level]).toEqual([0, 'warn']);
});

test('the loaded model is freed whatever the job does', async () => {
  const { engine, start } = setup();
  const failing = start();
  (await engine.started()).fail(new WorkerError('engine.failed', 'out of memory'));
  await failing;
  expect(engine.loaded).toBe(0);
});

test('an engine failure is an outcome with its code, never an exception', async () => {
  const { engine, log, start } = setup();
  const failing = start();
  (await engine.started()).fail(new WorkerError('engine.failed', 'out of memory'));
  expect(await failing).toMatchObject({ is: 'failed', error: { code: 'engine.failed', message: 'out of memory' } });
  expect(log.find('job.failed')?.fields).toMatchObject({ code: 'engine.failed', error: 'out of memory' });
});

test('a crash nobody foresaw is reported as ours and may be retried', async () => {
  const { engine, log, start } = setup();
  const failing = start();
  (await engine.started()).fail(new TypeError('undefined is not a function'));
  const outcome = await failing;
  expect(outcome).toMatchObject({ is: 'failed', error: { code: 'internal', retryable: true } });
  expect(log.find('job.failed')?.fields.stack).toBeString();
});

test('a job for a missing engine fails by name and retryably', async () => {
  const { start } = setup();
  const job = aJob({ model: toModelId('z-image'), modelSource: { ...synthetic, engine: 'sd-cpp' } });
  expect(await start(job)).toMatchObject({
    is: 'failed',
    error: {
      code: 'engine.unavailable',
      message: 'no `sdcpp` engine compiled into this worker (model `z-image` requires it).',
      retryable: true,
    },
  });
});

test('a kind the engine does not serve fails without a retry', async () => {
  const { start } = setup();
  const job = aJob({ task: aTask({ kind: 'audio_tts', text: 'hello' }) });
  expect(await start(job)).toMatchObject({
    is: 'failed',
    error: { message: 'synthetic engine cannot serve audio_tts tasks', retryable: false },
  });
});

test('a mesh for the torch engine, which cannot run here, fails without a retry', async () => {
  const { start } = setup();
  const task = aTask({ kind: 'mesh', imageUrl: 'https://example.invalid/p.png' });
  expect(await start(aJob({ task, modelSource: { ...synthetic, engine: 'torch' } }))).toMatchObject({
    is: 'failed',
    error: { message: 'torch engine cannot serve mesh tasks', retryable: false },
  });
});

test('an engine that is not ready fails its job with a hint', async () => {
  const { engine, log, start } = setup();
  engine.ready = notReady({ because: 'no Vulkan loader', hint: 'Install libvulkan1.' });
  expect(await start()).toMatchObject({
    is: 'failed',
    error: { code: 'engine.unavailable', message: 'no Vulkan loader', hint: 'Install libvulkan1.' },
  });
  expect(log.find('job.failed')?.fields).toMatchObject({ hint: 'Install libvulkan1.' });
});

test('a result of the wrong shape for its kind is a failure', async () => {
  const { engine, start } = setup();
  const failing = start();
  (await engine.started()).finish({ is: 'artifact', bytes: new Uint8Array(1), ext: 'webp' });
  expect(await failing).toMatchObject({ is: 'failed', error: { code: 'engine.failed' } });
});

test('a result that the check rejects fails its job retryably', async () => {
  const { engine, start } = setup();
  const rejecting = { check: () => Promise.reject(new WorkerError('result.rejected', 'the picture is grey')) };
  const failing = start(aJob(), rejecting);
  (await engine.started()).finish();
  expect(await failing).toMatchObject({ is: 'failed', error: { message: 'the picture is grey', retryable: true } });
  expect(engine.loaded).toBe(0);
});

test('an aborted job ends cancelled with the reason it was given', async () => {
  const { engine, abort, start } = setup();
  const running = start();
  await engine.started();
  abort.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
  expect(await running).toMatchObject({ is: 'cancelled', error: { message: 'the worker was stopped' } });
  expect(engine.loaded).toBe(0);
});

test('an engine that ignores the abort is left behind after five seconds', async () => {
  const { engine, clock, abort, start } = setup();
  engine.deaf = true;
  const running = start();
  await engine.started();
  abort.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
  await settle();
  clock.advance(5_000);
  expect(await running).toMatchObject({ is: 'cancelled' });
});

test('a job that ends leaves no timer and no listener behind', async () => {
  const { engine, clock, abort, start } = setup();
  const running = start();
  (await engine.started()).finish();
  await running;
  abort.abort(new WorkerError('job.cancelled', 'too late'));
  expect(clock.armed).toBe(0);
});
