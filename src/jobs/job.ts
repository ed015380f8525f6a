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
  /** What the studio thinks it takes of GPU memory, in GiB; 0 when it does not say. */
  readonly vramGbEstimate: number;
  /** The full prompt that travels back with the result. */
  readonly prompt: string;
}

/** How a job ended. Times in milliseconds since the epoch. */
export type JobOutcome = { readonly job: Job; readonly startedAt: number; readonly finishedAt: number } & (
  | ({ readonly is: 'completed'; readonly result: TaskResult } & RunFacts)
  | { readonly is: 'failed'; readonly error: WorkerError }
  /** Handed back before it was done: the studio may give it to another worker. */
  | { readonly is: 'cancelled'; readonly error: WorkerError }
);

/** How a result came about. */
export interface RunFacts {
  /** What it was computed on, as its engine calls it; absent where no model ran. */
  readonly ranOn?: string;
  /** From files on the disk to a model that runs; next to nothing when it was in memory already. */
  readonly loadMs?: number;
  readonly runMs?: number;
}

/** What an offer asks for, once it is accepted. */
export const toJob = (offer: Offer): Job => ({
  id: offer.jobId,
  model: offer.model,
  task: offer.task,
  source: offer.modelSource,
  vramGbEstimate: offer.vramGbEstimate,
  prompt: promptOf(offer.task),
});
