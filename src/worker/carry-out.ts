import { errorChain } from '../base/errors.ts';
import type { JobId } from '../base/ids.ts';
import type { Job, JobOutcome, JobPhase } from '../jobs/job.ts';
import { IGNORE_DELTAS } from '../engines/deltas.ts';
import { endedRecord, type JobRecord, runningRecord } from '../jobs/job-record.ts';
import { run, type RunDeps } from '../jobs/run.ts';
import type { Lease } from '../jobs/scheduler.ts';
import type { Logger } from '../log/logger.ts';
import type { ModelStore } from '../models/store/store.ts';
import type { Clock } from '../system/clock.ts';
import type { WorkerEvents } from './events.ts';

export interface CarryOutDeps {
  /** What a run needs beside its own job. */
  readonly runDeps: Omit<RunDeps, 'files' | 'observer' | 'log'>;
  readonly store: Pick<ModelStore, 'lease'>;
  /** A job was taken: nothing else is loaded before its model. */
  readonly onTaken: (job: Job) => void;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Carries accepted jobs out, whoever asked for them. */
export interface CarryOut {
  /** Frees the lease at the end. Never throws: running and delivering turn every failure into an outcome or a report. */
  carryOut(job: Job, lease: Lease): Promise<void>;
  /** The jobs that are under way, oldest first. */
  running(): readonly JobRecord[];
}

interface Running {
  readonly job: Job;
  readonly startedAt: number;
  phase: JobPhase;
}

export function createCarryOut(deps: CarryOutDeps): CarryOut {
  const { events, clock, log } = deps;
  const running = new Map<JobId, Running>();

  function enter(current: Running, phase: JobPhase): void {
    if (current.phase === phase) return;
    current.phase = phase;
    events.emit({ is: 'phase', jobId: current.job.id, phase });
  }

  async function work(current: Running, lease: Lease): Promise<JobOutcome> {
    const { job } = current;
    let reached = 0;
    deps.onTaken(job);
    const files = deps.store.lease();
    const observer: RunDeps['observer'] = {
      onDelta: IGNORE_DELTAS, // the studio takes whole results
      onPhase: (phase) => enter(current, phase),
      onProgress(done, total) {
        const share = total > 0 ? Math.min(1, done / total) : 0;
        if (share <= reached) return; // a retry begins anew, which is no step back for whoever watches
        reached = share;
        events.emit({ is: 'progress', jobId: job.id, share });
      },
    };
    try {
      return await run(job, { ...deps.runDeps, files, observer, log: log.child({ jobId: job.id }) }, lease.signal);
    } finally {
      // A mark that cannot be taken off keeps a file from being collected; it must not cost the job its result.
      try {
        await files[Symbol.asyncDispose]();
      } catch (thrown) {
        log.warn('lease.not-released', { jobId: job.id, error: errorChain(thrown) });
      }
    }
  }

  return {
    async carryOut(job, mine) {
      using lease = mine;
      const current: Running = { job, startedAt: clock.now(), phase: 'preparing' };
      running.set(job.id, current);
      try {
        events.emit({ is: 'accepted', job: runningRecord(job, current.startedAt, current.phase) });
        const outcome = await work(current, lease);
        lease.phase = 'delivering';
        enter(current, 'delivering');
        events.emit({ is: 'outcome', job: endedRecord(outcome) });
        events.emit({ is: 'delivery', jobId: job.id, report: await job.sink.deliver(outcome) });
      } finally {
        running.delete(job.id);
      }
    },
    running: () => [...running.values()].map(({ job, startedAt, phase }) => runningRecord(job, startedAt, phase)),
  };
}
