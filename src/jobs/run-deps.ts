import type { JobPhase } from '../contract/worker/jobs.ts';
import type { WorkerError } from '../base/errors.ts';
import type { GpuDevice } from '../base/gpu-device.ts';
import type { OnDelta } from '../engines/deltas.ts';
import type { Engine, LoadedModel, ModelFiles } from '../engines/engine.ts';
import type { LoadOptions } from '../engines/load-options.ts';
import type { EngineRegistry } from '../engines/registry.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Job } from './job.ts';
import type { JobSlot } from './slots/job-slot.ts';
import type { Shortage } from './lean-retry.ts';
import type { ResultCheck } from './result-check.ts';
import type { RepeatFailures } from './repeat-failures.ts';

/** What a run works with. */
export interface RunDeps {
  /** Where it runs. */
  readonly slot: JobSlot;
  readonly registry: Pick<EngineRegistry, 'get'>;
  /** The job's hold on files of this disk; its provider releases it. */
  readonly files: JobFiles;
  /** Follows what a job takes of GPU memory. */
  readonly memory: MemoryUse;
  /** Keeps models in memory, or not. */
  readonly models: ModelProvider;
  /** Finds tasks that crash their engine each time. */
  readonly repeats: RepeatFailures;
  /** Checks each result before it counts as one. */
  readonly resultCheck: ResultCheck;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: RunObserver;
}

/** Model files in use for as long as the hold they came from. */
export interface HeldFiles extends ModelFiles {
  /** Marks them as in use once more, so that a loaded model may keep them when the hold ends. Never rejects. */
  hold(): Promise<AsyncDisposable>;
}

/** Puts a job's model files on this disk. */
export interface JobFiles {
  filesFor(job: Pick<Job, 'model' | 'source'>, signal: AbortSignal): Promise<HeldFiles>;
}

/** Who wants to know how a job is getting on. All are called synchronously and must not throw. */
export interface RunObserver {
  readonly onPhase: (phase: JobPhase) => void;
  readonly onProgress: (done: number, total: number) => void;
  /** Pieces of the result while it is made. */
  readonly onDelta: OnDelta;
}

/** Who wants to know what jobs take. What `work` gives, or fails with, is handed on as it is. */
export interface MemoryUse {
  /** `device`: the GPU it is kept on; left out where its engine chooses. */
  watched<T>(job: Job, work: () => Promise<T>, device?: GpuDevice): Promise<T>;
  /** A job ran out of memory: reports what there was when it began, and learns that it did not suffice. */
  ranOut(job: Job, error: WorkerError, device?: GpuDevice): Shortage;
}

/** A model that a job has to run on, with all that distinguishes it. */
export interface ModelOfJob {
  readonly engine: Engine;
  readonly files: HeldFiles;
  readonly job: Job;
  /** A model that was loaded otherwise does not do. */
  readonly how: LoadOptions;
}

/** Who lends loaded models to jobs. */
export interface ModelProvider {
  /**
   * Gives `use` a loaded model that serves nobody else meanwhile. What `use` gives, or fails with, is handed on as it
   * is, and decides whether the model may stay in memory.
   *
   * @throws WorkerError what loading throws; rejects with the signal's reason on abort
   */
  withModel<T>(request: ModelOfJob, signal: AbortSignal, use: (model: LoadedModel) => Promise<T>): Promise<T>;
}
