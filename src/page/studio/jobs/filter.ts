import type { JobState } from '../../../contract/operator/views.ts';
import type { JobRowView } from '../../../contract/page/dashboard.ts';
import type { TaskKindId } from '../../../contract/tasks/index.ts';

/** Which jobs of the list are shown. */
export interface JobFilter {
  readonly state: JobState | 'all';
  readonly kind: TaskKindId | 'any';
}

export const NO_FILTER: JobFilter = { state: 'all', kind: 'any' };

/** Jobs that a filter lets through, in their order. One that is on offer still waits in the queue. */
export const filterJobs = (jobs: readonly JobRowView[], { state, kind }: JobFilter): readonly JobRowView[] =>
  jobs.filter(
    (job) =>
      (state === 'all' || job.state === state || (state === 'queued' && job.state === 'offered')) &&
      (kind === 'any' || job.kind === kind),
  );
