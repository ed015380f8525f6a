import { expect, test } from 'bun:test';
import { toWorkerError, WorkerError } from '../../../src/base/errors.ts';
import { toJobId, toModelId } from '../../../src/base/ids.ts';
import { createQuarantine } from '../../../src/engines/host/quarantine.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { createRepeatCrashes } from '../../../src/jobs/repeat-crashes.ts';
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
  const crashes = createRepeatCrashes({ sha256, forgive: (...args) => quarantine.forgive(...args) });
  const crash = async (job: Job): Promise<WorkerError> => {
    quarantine.crashed(job.source.engine, job.model);
    const error = new WorkerError('engine.crashed', 'the engine exited with SIGSEGV');
    return await crashes
      .during(job, () => Promise.reject(error))
      .then(
        () => error,
        (thrown: unknown) => toWorkerError(thrown),
      );
  };
  const remainingMs = (job: Job): number => quarantine.remainingMs(job.source.engine, job.model);
  return { crashes, crash, remainingMs };
}

test('a task that ends the engine a second time is final, whatever its job is called by then', async () => {
  const { crash } = setup();
  expect((await crash(chat('poison', 'job-1'))).code).toBe('engine.crashed');
  expect(await crash(chat('poison', 'job-2'))).toMatchObject({ code: 'task.crashes-engine', retryable: false });
});

test('a task that ends the engine each time never takes its model away from others', async () => {
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

test('any other failure, and any result, passes as it is', async () => {
  const { crashes } = setup();
  const failed = new WorkerError('engine.failed', 'no');
  for (let round = 0; round < 3; round++) {
    expect(await failureOf(crashes.during(chat('x'), () => Promise.reject(failed)))).toBe(failed);
  }
  expect(await crashes.during(chat('x'), () => Promise.resolve(7))).toBe(7);
});
