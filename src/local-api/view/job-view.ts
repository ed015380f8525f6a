import type { JobRecord } from '../../jobs/job-record.ts';
import { artifactContentType } from '../../contract/upload.ts';
import type { RecentResult } from '../../worker/reports/recent-results.ts';
import type { ApiJob } from '../contract/jobs.ts';

/** What is known of a job beside its record. */
export interface JobExtras {
  readonly progressOf: (jobId: string) => ApiJob['progress'];
  readonly hasThumbnail: (jobId: string) => boolean;
  readonly previewsOf: (jobId: string) => number | undefined;
  readonly resultOf: (jobId: string) => RecentResult | undefined;
}

/** A job as the API shows it. */
export function jobView({ origin, ...record }: JobRecord, extras: JobExtras): ApiJob {
  const { progressOf, hasThumbnail, previewsOf, resultOf } = extras;
  const previews = record.status === 'running' ? previewsOf(record.jobId) : undefined;
  const progress = record.status === 'running' ? progressOf(record.jobId) : undefined;
  return {
    ...record,
    source: origin === 'local' ? 'local' : 'studio',
    ...(progress === undefined ? {} : { progress }),
    ...(previews === undefined ? {} : { previews }),
    hasThumbnail: hasThumbnail(record.jobId),
    ...resultView(resultOf(record.jobId)),
  };
}

const resultView = (result: RecentResult | undefined): Pick<ApiJob, 'result'> =>
  result === undefined
    ? {}
    : { result: { type: resultType(result), ext: result.ext, sizeBytes: result.bytes.byteLength } };

/** Content type of a result that is kept. */
export const resultType = ({ ext }: Pick<RecentResult, 'ext'>): string =>
  ext === 'json' ? 'application/json' : artifactContentType(ext);
