import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { StepTimes } from './model.ts';

/**
 * How long a job still takes from `now`, in milliseconds, by the steps this window has seen done. Undefined before the
 * second of them: nobody has measured anything yet.
 */
export function timeLeft(job: ApiJob, { first, last }: StepTimes, now: number): number | undefined {
  if (job.phase !== 'running' || job.progress === undefined) return undefined;
  const steps = last.done - first.done;
  const tookMs = last.at - first.at;
  if (steps <= 0 || tookMs <= 0) return undefined;
  const fromLast = ((job.progress.total - last.done) * tookMs) / steps;
  return Math.max(0, fromLast - (now - last.at));
}
