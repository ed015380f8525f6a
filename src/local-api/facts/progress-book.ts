import type { ApiJob } from '../contract/jobs.ts';
import type { WorkerEvent } from '../../worker/events.ts';

/** How far the running jobs are, for whoever asks between two steps. */
export interface ProgressBook {
  onEvent(event: WorkerEvent): void;
  of(jobId: string): ApiJob['progress'];
}

/** Forgets a job with its end. */
export function createProgressBook(): ProgressBook {
  const latest = new Map<string, NonNullable<ApiJob['progress']>>();
  return {
    onEvent(event) {
      if (event.is === 'progress')
        latest.set(event.jobId, { done: event.done, total: event.total, share: event.share });
      if (event.is === 'outcome') latest.delete(event.job.jobId);
    },
    of: (jobId) => latest.get(jobId),
  };
}
