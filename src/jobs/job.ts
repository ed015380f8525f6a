import type { WorkerError } from '../base/errors.ts';
import type { JobId, ModelId } from '../base/ids.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import type { ModelSource } from '../contract/model-source.ts';
import { promptOf, type Task } from '../contract/tasks/index.ts';
import type { TaskResult } from '../engines/engine.ts';

/** A claim we accepted. */
export interface Job {
  readonly id: JobId;
  readonly model: ModelId;
  readonly task: Task;
  readonly source: ModelSource;
  /** The full prompt that travels back with the result. */
  readonly prompt: string;
}

/** How a job ended. Times in milliseconds since the epoch. */
export type JobOutcome = { readonly job: Job; readonly startedAt: number; readonly finishedAt: number } &
  /** `ranOn`: what it was computed on, as its engine calls it; absent where no model ran. */
  (
    | { readonly is: 'completed'; readonly result: TaskResult; readonly ranOn?: string }
    | { readonly is: 'failed'; readonly error: WorkerError }
    /** Handed back before it was done: the studio may give it to another worker. */
    | { readonly is: 'cancelled'; readonly error: WorkerError }
  );

/** What an offer asks for, once it is accepted. */
export const toJob = (offer: Offer): Job => ({
  id: offer.jobId,
  model: offer.model,
  task: offer.task,
  source: offer.modelSource,
  prompt: promptOf(offer.task),
});
