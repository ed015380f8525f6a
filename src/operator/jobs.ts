import {
  AttemptListSchema,
  type AttemptView,
  JobListSchema,
  type JobRequest,
  type JobState,
  type JobView,
  JobViewSchema,
  WhyViewSchema,
  type WhyView,
} from '../contract/operator/views.ts';
import type { JobChange } from '../contract/operator/urgency.ts';
import { OPERATOR_ROUTES as routes } from '../contract/operator/routes.ts';
import { readJson } from '../contract/read.ts';
import type { Asking } from './accounts.ts';

/** The part of an operator's client that is about jobs. */
export interface JobsClient {
  /** Queues a job and returns it as the studio keeps it. */
  createJob(draft: JobRequest): Promise<JobView>;
  job(jobId: string): Promise<JobView>;
  /** Newest first; of those whose id begins so, when that is given. */
  jobs(query: JobSearch): Promise<readonly JobView[]>;
  /** Retries a job that failed or was cancelled. @throws WorkerError `studio.refused` for any other */
  retry(jobId: string): Promise<JobView>;
  /** Changes a job. @throws WorkerError `studio.refused` when it is too late for that */
  changeJob(jobId: string, change: JobChange): Promise<JobView>;
  /** @throws WorkerError `studio.refused` when it has ended */
  cancel(jobId: string): Promise<JobView>;
  attempts(jobId: string): Promise<readonly AttemptView[]>;
  /** Why a job waits, worker by worker. */
  why(jobId: string): Promise<WhyView>;
}

export interface JobSearch {
  readonly state?: JobState | undefined;
  readonly limit: number;
  readonly id?: string;
  readonly project?: string | undefined;
}

/** The most that the studio gives in one page. */
const PAGE = 500;

export function jobsClient({ call, trusted }: Asking): JobsClient {
  return {
    createJob: async (draft) => trusted(readJson(JobViewSchema, await call(routes.createJob, { body: draft }))),
    job: async (jobId) => trusted(readJson(JobViewSchema, await call(routes.job, { id: jobId }))),
    retry: async (jobId) => trusted(readJson(JobViewSchema, await call(routes.retryJob, { id: jobId }))),
    changeJob: async (jobId, change) =>
      trusted(readJson(JobViewSchema, await call(routes.changeJob, { id: jobId, body: change }))),
    cancel: async (jobId) => trusted(readJson(JobViewSchema, await call(routes.cancelJob, { id: jobId }))),
    attempts: async (jobId) =>
      trusted(readJson(AttemptListSchema, await call(routes.attempts, { id: jobId }))).attempts,
    why: async (jobId) => trusted(readJson(WhyViewSchema, await call(routes.why, { id: jobId }))),
    jobs: async (query) => await jobsOf(query, { call, trusted }),
  };
}

/** Page by page, newest first, until there are enough or no more. */
async function jobsOf(
  { state, limit, id, project }: JobSearch,
  { call, trusted }: Asking,
): Promise<readonly JobView[]> {
  const jobs: JobView[] = [];
  for (let cursor: string | undefined, more = true; more && jobs.length < limit;) {
    const filters = { ...(state && { state }), ...(id && { id }), ...(project && { project }) };
    const query = new URLSearchParams({
      limit: String(Math.min(PAGE, limit - jobs.length)),
      ...filters,
      ...(cursor && { cursor }),
    });
    const page = trusted(readJson(JobListSchema, await call(routes.jobs, { query })));
    jobs.push(...page.jobs);
    cursor = page.nextCursor;
    more = cursor !== undefined && page.jobs.length > 0;
  }
  return jobs;
}
