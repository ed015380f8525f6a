import { usePage } from './page-context.ts';
import { timeLeft } from './time-left.ts';

/** Milliseconds that a running job still takes; undefined where nobody knows. */
export function useTimeLeft(jobId: string | undefined): number | undefined {
  const { jobs, stepTimes, now } = usePage().model;
  const job = jobs.value.find((one) => one.jobId === jobId && one.status === 'running');
  if (job === undefined) return undefined;
  const steps = stepTimes.value.get(job.jobId);
  return steps === undefined ? undefined : timeLeft(job, steps, now.value);
}
