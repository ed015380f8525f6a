import { formatDuration } from '../../base/units.ts';
import type { JobView } from '../../contract/operator/views.ts';

/** What a job took so far: how long it waited for a worker, and how long it has been or was with the last one. */
export interface JobTimes {
  readonly waitMs: number;
  /** Undefined while it waits. */
  readonly workMs: number | undefined;
}

/** By the studio's clock; one that has changed meanwhile makes no negative times. */
export function timesOf(job: Pick<JobView, 'state' | 'createdAt' | 'startedAt' | 'finishedAt'>, now: number): JobTimes {
  const createdAt = Date.parse(job.createdAt);
  const endedAt = job.finishedAt === undefined ? now : Date.parse(job.finishedAt);
  const isWaiting = job.startedAt === undefined || job.state === 'queued' || job.state === 'offered';
  const startedAt = isWaiting ? endedAt : Date.parse(job.startedAt ?? job.createdAt);
  return {
    waitMs: Math.max(0, startedAt - createdAt),
    workMs: isWaiting ? undefined : Math.max(0, endedAt - startedAt),
  };
}

/** For a table: `1.2 s`, and a dash for what has not begun. */
export const cellsOf = ({ waitMs, workMs }: JobTimes): readonly [waited: string, ran: string] => [
  formatDuration(waitMs),
  workMs === undefined ? '-' : formatDuration(workMs),
];
