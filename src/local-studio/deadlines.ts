import { startPasses } from './passes.ts';
import { SWEEP_MS } from './queue/timing.ts';
import { revokeClaim } from './sessions/revocations.ts';
import { logFailure, type StudioState } from './sessions/state.ts';

/** Watches the deadlines of jobs. */
export interface Deadlines {
  /** One was set, maybe for sooner than the others. */
  note(): void;
  stop(): void;
}

/** As many jobs as one transaction fails. */
const JOBS_AT_ONCE = 100;

/**
 * Fails jobs when their deadlines pass. All studios on a database check, by its clock, and each job is failed by one of them;
 * what fell due while none was there is found by the first check of the next.
 */
export function watchDeadlines(studio: StudioState): Deadlines {
  const passes = startPasses(studio.clock, async () => {
    const checked = expireDue(studio);
    logFailure(studio, checked);
    return checked.catch(() => SWEEP_MS); // it is logged: here it only sets when to try again
  });
  return { note: () => passes.wake(), stop: () => passes.stop() };
}

/** Fails what is due; milliseconds until the next check. */
async function expireDue(studio: StudioState): Promise<number> {
  for (;;) {
    const { expired, nextInMs = SWEEP_MS } = await studio.store.jobs.expire(studio.clock.now(), JOBS_AT_ONCE);
    for (const { id, workerId, error } of expired) {
      studio.log.warn('job.expired', { jobId: id, ...(workerId !== undefined && { workerId }), because: error });
      revokeClaim(studio, id, 'deadline');
      studio.bus.publish({ is: 'cancelled', jobId: id, because: 'deadline' });
    }
    if (nextInMs > 0 || studio.stopped) return Math.min(nextInMs, SWEEP_MS);
  }
}
