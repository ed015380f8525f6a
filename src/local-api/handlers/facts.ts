import type { JobRecord } from '../../jobs/job-record.ts';
import type { LocalApiDeps } from '../deps.ts';
import { createDayBook } from '../facts/day.ts';
import { createJobLogs, type JobLogs } from '../facts/job-logs.ts';
import { createProgressBook, type ProgressBook } from '../facts/progress-book.ts';
import { createWindowBook, type WindowBook } from '../facts/window-book.ts';
import { createSessionBook } from '../facts/session-book.ts';
import type { WorkerEvent } from '../../worker/events.ts';
import type { WorkerStatus } from '../../worker/status.ts';
import { type JobExtras, jobView } from '../view/job-view.ts';
import type { StatusFacts } from '../view/status-view.ts';
import type { ApiJob } from '../contract/jobs.ts';

/** What handlers and events are made from. */
export interface ApiFacts {
  readonly jobLogs: JobLogs;
  readonly window: WindowBook;
  onEvent(event: WorkerEvent): void;
  /** Everything a status is made from, read now. */
  read(): Promise<StatusFacts>;
  viewJob(job: JobRecord): ApiJob;
}

/** Books that are kept from the events, beside what the worker itself can tell. */
export function createFacts(deps: LocalApiDeps): ApiFacts {
  const { control, clock, config, machine, log } = deps;
  const now = (): number => clock.now();
  const [session, day, progress, jobLogs, window] = [
    createSessionBook(now),
    createDayBook(now),
    createProgressBook(),
    createJobLogs(),
    createWindowBook(now),
  ];
  const extras = extrasOf(deps, progress);
  return {
    jobLogs,
    window,
    onEvent(event) {
      for (const book of [session, day, progress]) book.onEvent(event);
    },
    viewJob: (job) => jobView(job, extras),
    async read() {
      const [status, offers] = await Promise.all([control.status({}), control.offers({})]);
      return {
        ...extras,
        status,
        offers,
        session,
        studioUrl: config.current.api_base_url,
        localApiUrl: deps.url(),
        machineName: machine.hostName(),
        memory: machine.memory(),
        day: day.day(status.runningJobs.map(({ startedAt }) => startedAt)),
        logsSeq: log.ring.lastSeq,
        windowOpenedAt: window.openedAt,
      };
    },
  };
}

const extrasOf = ({ thumbnails, results }: LocalApiDeps, progress: ProgressBook): JobExtras => ({
  progressOf: (jobId) => progress.of(jobId),
  hasThumbnail: (jobId) => thumbnails.of(jobId) !== undefined,
  previewsOf: (jobId) => thumbnails.previewsOf(jobId),
  resultOf: (jobId) => results.of(jobId),
});

/** A job that runs, or ended lately. */
export const findJob = ({ runningJobs, recentJobs }: WorkerStatus, jobId: string): JobRecord | undefined =>
  [...runningJobs, ...recentJobs].findLast((job) => job.jobId === jobId);
