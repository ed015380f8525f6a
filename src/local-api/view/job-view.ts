import type { JobRecord } from '../../jobs/job-record.ts';
import type { ApiJob } from '../contract/jobs.ts';

/** What is known of a job beside its record. */
export interface JobExtras {
  readonly progressOf: (jobId: string) => ApiJob['progress'];
  readonly hasThumbnail: (jobId: string) => boolean;
}

/** A job as the API shows it. */
export function jobView({ origin, ...record }: JobRecord, { progressOf, hasThumbnail }: JobExtras): ApiJob {
  const progress = record.status === 'running' ? progressOf(record.jobId) : undefined;
  return {
    ...record,
    source: origin === 'local' ? 'local' : 'studio',
    ...(progress === undefined ? {} : { progress }),
    hasThumbnail: hasThumbnail(record.jobId),
  };
}
