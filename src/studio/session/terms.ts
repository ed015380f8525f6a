import type { JobId } from '../../base/ids.ts';

/** What a studio named in its welcome beyond the bare contract. */
export interface StudioTerms {
  readonly features: readonly string[];
  /** How many of its jobs this worker may have in flight; undefined where it named no number, which means one. */
  readonly maxParallelJobs: number | undefined;
}

/** Those of the bare contract, which also count before a welcome. */
export const BARE_TERMS: StudioTerms = { features: [], maxParallelJobs: undefined };

/** Which of the jobs under way a heartbeat names: a studio of the bare contract knows of one. */
export const jobsToName = (jobIds: readonly JobId[], { maxParallelJobs }: StudioTerms): readonly JobId[] =>
  maxParallelJobs === undefined ? jobIds.slice(0, 1) : jobIds;
