import { expect, test } from 'bun:test';
import { toWorkerError, WorkerError } from '../../../src/base/errors.ts';
import { toJobId, toModelId } from '../../../src/base/ids.ts';
import { createQuarantine } from '../../../src/engines/host/quarantine.ts';
import type { EngineName } from '../../../src/contract/model-source.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { createRepeatFailures } from '../../../src/jobs/repeat-failures.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { aJob, aTask } from '../../fakes/builders.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const MODEL = toModelId('m');
const chat = (content: string, jobId = `job-${content}`): Job =>
  aJob({ jobId: toJobId(jobId), model: MODEL, task: aTask({ kind: 'llm', messages: [{ role: 'user', content }] }) });

/** Jobs of one model, each of whose crashes the engine's host counts, as it does. */
function setup() {
  const quarantine = createQuarantine(new FakeClock());
  const repeats = createRepeatFailures({ sha256, forgive: (...args) => quarantine.forgive(...args) });
  const crash = async (job: Job): Promise<WorkerError> => {
    quarantine.crashed(job.source.engine, job.model);
    const error = new WorkerError('engine.crashed', 'the engine exited with SIGSEGV');
    return await repeats
      .during(job, () => Promise.reject(error))
      .then(
        () => error,
        (thrown: unknown) => toWorkerError(thrown),
      );
  };
  const remainingMs = (job: Job): number => quarantine.remainingMs(job.source.engine, job.model);
  return { repeats, crash, remainingMs };
}

test('a task that crashes the engine twice fails for good', async () => {
  const { crash } = setup();
  expect((await crash(chat('poison', 'job-1'))).code).toBe('engine.crashed');
  expect(await crash(chat('poison', 'job-2'))).toMatchObject({ code: 'task.crashes-engine', retryable: false });
});

test('a task that always crashes its engine never bars its model', async () => {
  const { crash, remainingMs } = setup();
  for (let round = 0; round < 6; round++) await crash(chat('poison'));
  expect(remainingMs(chat('harmless'))).toBe(0);
});

test('three tasks that each crash once speak against the model', async () => {
  const { crash, remainingMs } = setup();
  for (const content of ['a', 'b', 'c']) expect((await crash(chat(content))).code).toBe('engine.crashed');
  expect(remainingMs(chat('d'))).toBeGreaterThan(0);
});

test('a task is known by all of it, seeds of sixty-four bits included', async () => {
  const { crash } = setup();
  const image = (seed: bigint): Job => aJob({ model: MODEL, task: aTask({ kind: 'image', prompt: 'x', seed }) });
  expect((await crash(image(2n ** 60n))).code).toBe('engine.crashed');
  expect((await crash(image(2n ** 60n + 1n))).code).toBe('engine.crashed');
  expect((await crash(image(2n ** 60n))).code).toBe('task.crashes-engine');
});

/** What becomes of each of these failures of a job, one after the other. */
async function codesOf(job: Job, ...failures: readonly WorkerError[]): Promise<readonly string[]> {
  const { repeats } = setup();
  const codes: string[] = [];
  for (const failure of failures) {
    codes.push(toWorkerError(await failureOf(repeats.during(job, () => Promise.reject(failure)))).code);
  }
  return codes;
}
const of = (engine: EngineName, job: Job): Job => ({ ...job, source: { ...job.source, engine } });
const image = (seed?: bigint): Job => aJob({ model: MODEL, task: aTask({ kind: 'image', prompt: 'x', seed }) });
const rejected = new WorkerError('result.rejected', 'the reply is no JSON');
const failed = new WorkerError('engine.failed', 'the model could not be run: no');

test('a reply that misses its schema fails for good: the seed is fixed', async () => {
  expect(await codesOf(of('llama-cpp', chat('x')), rejected)).toEqual(['task.fails-again']);
  const { repeats } = setup();
  const thrown = await failureOf(repeats.during(of('llama-cpp', chat('x')), () => Promise.reject(rejected)));
  expect(thrown).toMatchObject({ message: 'the reply is no JSON', retryable: false, hint: expect.any(String) });
});

test.each([
  ['an image with a seed', of('sd-cpp', image(7n))],
  ['a removal', of('onnx', image())],
  ['a transcription', of('whisper-cpp', aJob({ task: aTask({ kind: 'audio_stt', inputUrl: 'https://a/b' }) }))],
  ['a chat', of('llama-cpp', chat('x'))],
] as const)('%s that fails twice in the same way is final', async (_what, job) => {
  expect(await codesOf(job, failed, failed)).toEqual(['engine.failed', 'task.fails-again']);
});

test.each([
  ['an image without a seed', of('sd-cpp', image())],
  ['a voice, which is never twice the same', of('piper', aJob({ task: aTask({ kind: 'audio_tts', text: 'x' }) }))],
  ['an app elsewhere', of('gradio', image(7n))],
] as const)('%s may be tried again however often it failed', async (_what, job) => {
  expect(await codesOf(job, failed, failed, failed)).toEqual(Array.from({ length: 3 }, () => 'engine.failed'));
  expect(await codesOf(job, rejected, rejected)).toEqual(['result.rejected', 'result.rejected']);
});

test('two different failures, or those of the machine, are not final', async () => {
  const other = new WorkerError('engine.failed', 'the model could not be run: yes');
  expect(await codesOf(of('onnx', image()), failed, other, rejected)).toEqual([
    'engine.failed',
    'engine.failed',
    'result.rejected',
  ]);
  for (const code of ['engine.out-of-memory', 'engine.stalled', 'download.failed', 'native.unavailable'] as const) {
    const failure = new WorkerError(code, 'no');
    expect(await codesOf(of('llama-cpp', chat('x')), failure, failure, failure)).toEqual([code, code, code]);
  }
});

test('what is thrown by others, and any result, passes as it is', async () => {
  const { repeats } = setup();
  const bug = new TypeError('x is not a function');
  expect(await failureOf(repeats.during(chat('x'), () => Promise.reject(bug)))).toBe(bug);
  expect(await repeats.during(chat('x'), () => Promise.resolve(7))).toBe(7);
});
