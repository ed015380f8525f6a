import { SECOND_MS } from '../../base/units.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { Measured } from '../../metrics/measure.ts';
import { createCounter, createHistogram } from '../../metrics/tally.ts';

/** Jobs that ended, and how long they took. */
export interface JobTallies {
  count(job: JobRecord): void;
  read(): Measured;
}

/** From a chat of a moment to a video of an hour. */
const SECONDS = [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600];

export function createJobTallies(): JobTallies {
  const histogram = (name: string, help: string) => createHistogram<'kind' | 'engine'>({ name, help }, SECONDS);
  const jobs = createCounter<'kind' | 'engine' | 'origin' | 'outcome'>({
    name: 'jobs_total',
    help: 'Jobs that ended.',
  });
  const whole = histogram('job_duration_seconds', 'Time from accepting a job to its end, without its delivery.');
  const load = histogram('job_load_duration_seconds', 'Time to load the model of a job.');
  const run = histogram('job_run_duration_seconds', 'Time that the model of a job took.');
  return {
    count: ({ kind, engine, origin, status, startedAt, finishedAt = startedAt, loadMs, runMs }) => {
      const outcome = status === 'failed' || status === 'cancelled' ? status : 'completed';
      jobs.add({ kind, engine, origin, outcome });
      whole.observe({ kind, engine }, (finishedAt - startedAt) / SECOND_MS);
      if (loadMs !== undefined) load.observe({ kind, engine }, loadMs / SECOND_MS);
      if (runMs !== undefined) run.observe({ kind, engine }, runMs / SECOND_MS);
    },
    read: () => [jobs, whole, load, run].map((tally) => tally.read()),
  };
}
