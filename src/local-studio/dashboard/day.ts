import { HOUR_MS } from '../../base/units.ts';
import type { HourView } from '../../contract/page/dashboard.ts';
import type { EndedJob } from '../storage/tables/ended-jobs.ts';

const HOURS = 24;

/** When the first hour of the day chart began that ends with the hour of `now`. */
export const dayStart = (now: number): number => hourOf(now) - (HOURS - 1) * HOUR_MS;

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** A job that runs, or one that ended; `endedAt` is the present for one that runs. */
interface Run {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Jobs by the hour they ended in, and how long jobs ran in each hour. */
export function dayOf(ended: readonly EndedJob[], running: readonly { startedAt: number }[], now: number): HourView[] {
  const start = dayStart(now);
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    at: start + index * HOUR_MS,
    done: 0,
    failed: 0,
    busyMs: 0,
  }));
  for (const job of ended) {
    const hour = hours[Math.floor((job.finishedAt - start) / HOUR_MS)];
    if (hour === undefined) continue;
    if (job.state === 'completed') hour.done += 1;
    if (job.state === 'failed') hour.failed += 1;
  }
  const runs: readonly Run[] = [
    ...ended.flatMap(({ startedAt, finishedAt }) =>
      startedAt === undefined ? [] : [{ startedAt, endedAt: finishedAt }],
    ),
    ...running.map(({ startedAt }) => ({ startedAt, endedAt: now })),
  ];
  for (const hour of hours) {
    for (const run of runs) hour.busyMs += overlap(run, hour.at);
  }
  return hours;
}

const overlap = ({ startedAt, endedAt }: Run, hourAt: number): number =>
  Math.max(0, Math.min(endedAt, hourAt + HOUR_MS) - Math.max(startedAt, hourAt));

/** How long half of the jobs waited at most, until a worker took them; undefined where none did. */
export function usualWait(ended: readonly EndedJob[]): number | undefined {
  const waits = ended
    .flatMap(({ state, createdAt, startedAt }) =>
      state === 'completed' && startedAt !== undefined ? [Math.max(0, startedAt - createdAt)] : [],
    )
    .toSorted((a, b) => a - b);
  return waits[Math.floor(waits.length / 2)];
}
