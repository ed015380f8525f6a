import type { WorkerError } from '../base/errors.ts';
import { type JobId, toJobId } from '../base/ids.ts';
import type { Scheduler } from './scheduler.ts';

/** The oldest job that the studio gave us: a heartbeat of the contract names one. Undefined while there is none. */
export function studioJob({ held }: Pick<Scheduler, 'held'>): JobId | undefined {
  const lease = held.find(({ origin }) => origin === 'studio');
  return lease && toJobId(lease.purpose);
}

/**
 * Cancels a job for that reason while it runs, and says whether it did. One that is on its way to the studio is done:
 * there is nothing left to cancel.
 */
export function cancelRunning(
  scheduler: Pick<Scheduler, 'held' | 'cancel'>,
  jobId: JobId,
  reason: WorkerError,
): boolean {
  const lease = scheduler.held.find(({ purpose }) => purpose === jobId);
  return lease?.phase === 'running' && scheduler.cancel(jobId, reason);
}
