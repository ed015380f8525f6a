import type { WorkerError } from '../base/errors.ts';
import type { JobId, ModelId } from '../base/ids.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import type { ModelSource } from '../contract/model-source.ts';
import { promptOf, type Task } from '../contract/tasks/index.ts';
import type { OnDelta } from '../engines/deltas.ts';
import type { TaskResult } from '../engines/result.ts';
import type { DeliveryReport } from './delivery-report.ts';
import type { Origin } from './turn-order.ts';

/** A claim we accepted, or a request of this machine. */
export interface Job {
  readonly id: JobId;
  readonly origin: Origin;
  readonly model: ModelId;
  readonly task: Task;
  readonly source: ModelSource;
  /** The studio's estimate of the GPU memory it takes, in GiB; 0 when there is none. */
  readonly vramGbEstimate: number;
  /** The full prompt that travels back with the result. */
  readonly prompt: string;
  /** Where its outcome goes. */
  readonly sink: ResultSink;
  /** Who follows the result while it is made; a studio takes whole results. */
  readonly onDelta?: OnDelta;
}

/** How a job ended. Times in milliseconds since the epoch. */
export type JobOutcome = { readonly job: Job; readonly startedAt: number; readonly finishedAt: number } & (
  | ({ readonly is: 'completed'; readonly result: TaskResult } & RunFacts)
  | { readonly is: 'failed'; readonly error: WorkerError }
  /** Handed back before it was done: the studio may give it to another worker. */
  | { readonly is: 'cancelled'; readonly error: WorkerError }
);

/** Where the outcome of a job goes: the studio that offered it, or a request on this machine that waits for it. */
export interface ResultSink {
  /** Owns its retries and never throws. Resolves when the job's slot may be given to another. */
  deliver(outcome: JobOutcome): Promise<DeliveryReport>;
}

/** How a result came about. */
export interface RunFacts {
  /** What it was computed on, as its engine calls it; absent where no model ran. */
  readonly ranOn?: string;
  /** From files on the disk to a model that runs; next to nothing when it was in memory already. */
  readonly loadMs?: number;
  readonly runMs?: number;
}

/** What an offer asks for, once it is accepted. */
export const toJob = (offer: Offer, sink: ResultSink): Job => ({
  id: offer.jobId,
  origin: 'studio',
  model: offer.model,
  task: offer.task,
  source: offer.modelSource,
  vramGbEstimate: offer.vramGbEstimate,
  prompt: promptOf(offer.task),
  sink,
});
