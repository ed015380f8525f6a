import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import type { TaskKindId } from '../../../contract/tasks/index.ts';
import { day, isSameDay } from '../../format.ts';
import { JOBS } from '../../words/jobs.ts';
import { DAY_MS } from '../../../base/units.ts';

export interface JobFilter {
  readonly source: 'all' | 'studio' | 'local';
  readonly kind: TaskKindId | 'any';
  readonly outcome: 'any' | 'completed' | 'failed' | 'cancelled';
  readonly search: string;
}

export const NO_FILTER: JobFilter = { source: 'all', kind: 'any', outcome: 'any', search: '' };

const OUTCOMES: Readonly<Record<Exclude<JobFilter['outcome'], 'any'>, readonly ApiJob['status'][]>> = {
  completed: ['completed', 'undelivered'],
  failed: ['failed', 'discarded'],
  cancelled: ['cancelled'],
};

/** Ended jobs that a filter lets through, in their order. */
export function filterJobs(jobs: readonly ApiJob[], { source, kind, outcome, search }: JobFilter): readonly ApiJob[] {
  const wanted = search.trim().toLowerCase();
  return jobs.filter(
    (job) =>
      job.status !== 'running' &&
      (source === 'all' || job.source === source) &&
      (kind === 'any' || job.kind === kind) &&
      (outcome === 'any' || OUTCOMES[outcome].includes(job.status)) &&
      `${job.prompt} ${job.model} ${job.jobId}`.toLowerCase().includes(wanted),
  );
}

/** Jobs of one day under its heading, newest day first. */
export interface JobDay {
  readonly title: string;
  readonly jobs: readonly ApiJob[];
}

export function daysOf(jobs: readonly ApiJob[], now: number): readonly JobDay[] {
  const days = Map.groupBy(jobs, (job) => dayName(endOf(job), now));
  return [...days].map(([name, ofDay]) => ({ title: JOBS.dayHead(name, ofDay.length), jobs: ofDay }));
}

/** When a job ended; one that runs counts from its start. */
export const endOf = ({ finishedAt, startedAt }: ApiJob): number => finishedAt ?? startedAt;

function dayName(at: number, now: number): string {
  if (isSameDay(at, now)) return JOBS.today;
  return isSameDay(at, now - DAY_MS) ? JOBS.yesterday : day(at);
}
