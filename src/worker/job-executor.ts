import { errorChain } from '../base/errors.ts';
import type { GpuDevice } from '../base/gpu-device.ts';
import type { JobId } from '../base/ids.ts';
import type { JobPhase } from '../contract/worker/jobs.ts';
import type { Job, JobOutcome } from '../jobs/job.ts';
import { IGNORE_DELTAS, type OnDelta } from '../engines/deltas.ts';
import type { TaskResult } from '../engines/result.ts';
import { endedRecord, gpuOf, type JobRecord, runningRecord, isUnlisted } from '../jobs/job-record.ts';
import { run } from '../jobs/run.ts';
import type { RunDeps } from '../jobs/run-deps.ts';
import { deviceOf, type JobSlot } from '../jobs/slots/job-slot.ts';
import type { Lease } from '../jobs/slots/lease.ts';
import type { Logger } from '../log/logger.ts';
import type { ModelStore } from '../models/store/store.ts';
import type { Clock } from '../system/clock.ts';
import type { WorkerEvents } from './events.ts';

export interface JobExecutorDeps {
  /** What a run needs beside its own job. */
  readonly runDeps: Omit<RunDeps, 'files' | 'observer' | 'log' | 'slot'>;
  readonly store: Pick<ModelStore, 'hold'>;
  /** A job was taken: nothing else is loaded before its model. */
  readonly onTaken: (job: Job, device: GpuDevice | undefined) => void;
  /** What jobs make, for people of this machine. Nobody is shown it when left out. */
  readonly shown?: ShownResults;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Who is shown what jobs make, before it is delivered. All are called synchronously and must not throw. */
export interface ShownResults {
  /** An image as far as it is: a file of another program, unchecked. */
  onPreview(job: Job, bytes: Uint8Array): void;
  onResult(job: Job, result: TaskResult): void;
  /** The job ended without one. */
  onNone(job: Job): void;
}

/** Carries accepted jobs out, whoever asked for them. */
export interface JobExecutor {
  /** Frees the lease at the end. Never throws: running and delivering turn every failure into an outcome or a report. */
  execute(job: Job, lease: Lease): Promise<void>;
  /** The jobs that are under way, oldest first. */
  running(): readonly JobRecord[];
}

const UNHEARD: JobExecutorDeps['events'] = { emit: () => {} };

interface Running {
  readonly job: Job;
  readonly slot: JobSlot;
  readonly startedAt: number;
  phase: JobPhase;
}

export const createJobExecutor = (deps: JobExecutorDeps): JobExecutor => new LeasedJobExecutor(deps);

class LeasedJobExecutor implements JobExecutor {
  readonly #deps: JobExecutorDeps;
  readonly #running = new Map<JobId, Running>();

  constructor(deps: JobExecutorDeps) {
    this.#deps = deps;
  }

  async execute(job: Job, mine: Lease): Promise<void> {
    using lease = mine;
    const { clock } = this.#deps;
    const events = this.#eventsOf(job);
    const current: Running = { job, slot: lease.slot, startedAt: clock.now(), phase: 'preparing' };
    this.#running.set(job.id, current);
    try {
      events.emit({ is: 'accepted', job: runningRecord(current) });
      const outcome = await this.#run(current, lease);
      if (outcome.is === 'completed') this.#deps.shown?.onResult(job, outcome.result);
      else this.#deps.shown?.onNone(job);
      lease.phase = 'delivering';
      this.#enter(current, 'delivering');
      events.emit({ is: 'outcome', job: endedRecord(outcome, lease.slot) });
      events.emit({ is: 'delivery', jobId: job.id, report: await job.sink.deliver(outcome) });
    } finally {
      this.#running.delete(job.id);
    }
  }

  running(): readonly JobRecord[] {
    return [...this.#running.values()].filter(({ job }) => !isUnlisted(job)).map(runningRecord);
  }

  async #run(current: Running, lease: Lease): Promise<JobOutcome> {
    const { runDeps, store, onTaken, log } = this.#deps;
    const { job } = current;
    onTaken(job, deviceOf(lease.slot));
    const files = store.hold();
    const observer = this.#observerOf(current);
    try {
      return await run(
        job,
        { ...runDeps, slot: lease.slot, files, observer, log: log.child({ jobId: job.id, ...gpuOf(lease.slot) }) },
        lease.signal,
      );
    } finally {
      // A mark that cannot be taken off keeps a file from being collected; it must not cost the job its result.
      try {
        await files[Symbol.asyncDispose]();
      } catch (thrown) {
        log.warn('files.not-released', { jobId: job.id, error: errorChain(thrown) });
      }
    }
  }

  #observerOf(current: Running): RunDeps['observer'] {
    const events = this.#eventsOf(current.job);
    let reached = 0;
    return {
      onDelta: this.#followerOf(current.job),
      onPhase: (phase) => this.#enter(current, phase),
      onProgress(done, total) {
        const share = total > 0 ? Math.min(1, done / total) : 0;
        if (share <= reached) return; // a retry begins anew, which is no step back for whoever watches
        reached = share;
        events.emit({ is: 'progress', jobId: current.job.id, share, done, total });
      },
    };
  }

  #eventsOf(job: Job): JobExecutorDeps['events'] {
    return isUnlisted(job) ? UNHEARD : this.#deps.events;
  }

  #followerOf(job: Job): OnDelta {
    const { shown } = this.#deps;
    const { onDelta = IGNORE_DELTAS } = job;
    if (job.task.kind !== 'image' || shown === undefined) return onDelta;
    return async (delta) => {
      if (delta.is === 'preview') shown.onPreview(job, delta.bytes);
      await onDelta(delta);
    };
  }

  #enter(current: Running, phase: JobPhase): void {
    if (current.phase === phase) return;
    current.phase = phase;
    this.#eventsOf(current.job).emit({ is: 'phase', jobId: current.job.id, phase });
  }
}
