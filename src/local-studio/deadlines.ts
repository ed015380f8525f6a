import { SWEEP_MS } from './queue.ts';
import { revokeClaim } from './sessions/leases.ts';
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
 * Fails jobs when their deadlines pass. All studios on a database look, by its clock, and each job fails by one of them;
 * what fell due while none was there is found by the first look of the next.
 */
export function watchDeadlines(studio: StudioState): Deadlines {
  let disarm = (): void => {};
  let isLooking = false;
  let isNoted = false;
  const look = async (): Promise<void> => {
    let inMs = SWEEP_MS;
    try {
      inMs = await expireDue(studio);
    } finally {
      arm(inMs);
    }
  };
  const lookNow = (): void => {
    disarm();
    isNoted = isLooking;
    if (isLooking || studio.stopped) return;
    isLooking = true;
    logFailure(studio, look());
  };
  const arm = (inMs: number): void => {
    isLooking = false;
    if (studio.stopped) return;
    if (isNoted) return lookNow();
    disarm = studio.clock.after(inMs, lookNow);
  };
  lookNow();
  return { note: lookNow, stop: () => disarm() };
}

/** Fails what is due; milliseconds until the next look. */
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
