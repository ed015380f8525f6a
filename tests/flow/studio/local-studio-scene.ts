import type { JobView } from '../../../src/contract/operator/views.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { type BareWorker, bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio, type FakeStudioOptions } from '../../fakes/studio/fake-studio.ts';

export const anImage = aTask({ kind: 'image', prompt: 'a fox' });
export const accept = (jobId: string) => ({ type: 'accept', jobId });
export const result = (jobId: string) => ({ type: 'completeJson', jobId, result: { text: 'hello' }, prompt: 'hi' });
export const failure = (jobId: string, retryable: boolean) => ({ type: 'fail', jobId, error: 'no luck', retryable });

/** A worker at work on a job it was just offered. */
export async function working(studio: FakeStudio, worker: BareWorker, task: Task = anLlmTask()): Promise<JobView> {
  const job = await studio.createJob(task);
  await worker.next('offer');
  worker.send(accept(job.id));
  return studio.jobIs(job.id, 'running');
}

/** A studio, and a worker that it has welcomed. */
export async function setup(options: FakeStudioOptions = {}) {
  const studio = await fakeStudio(options);
  const credentials = await studio.enrol();
  const worker = await bareWorker(credentials);
  return {
    studio,
    credentials,
    worker,
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await studio[Symbol.asyncDispose]();
    },
  };
}
