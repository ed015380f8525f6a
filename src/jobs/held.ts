import type { WorkerError } from '../base/errors.ts';
import { type JobId, toJobId } from '../base/ids.ts';
import type { Scheduler } from './scheduler.ts';

/** The jobs that the studio gave us, oldest first. */
export const studioJobs = ({ held }: Pick<Scheduler, 'held'>): readonly JobId[] =>
  held.filter(({ origin }) => origin === 'studio').map(({ purpose }) => toJobId(purpose));

/**
 * Cancels a job for that reason while it runs, and says whether it did. Of one whose result is being delivered there is
 * nothing left to cancel.
 */
export function cancelRunning(
  scheduler: Pick<Scheduler, 'held' | 'cancel'>,
  jobId: JobId,
  reason: WorkerError,
): boolean {
  const lease = scheduler.held.find(({ purpose }) => purpose === jobId);
  return lease?.phase === 'running' && scheduler.cancel(jobId, reason);
}
