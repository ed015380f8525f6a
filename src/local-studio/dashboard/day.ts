import { HOUR_MS } from '../../base/units.ts';
import type { HourView } from '../../contract/page/dashboard.ts';
import type { EndedHour } from '../storage/tables/ended-jobs.ts';

/** As many as the day chart has. */
export const HOURS = 24;

/** When the first hour of the day chart began that ends with the hour of `now`. */
export const dayStart = (now: number): number => hourOf(now) - (HOURS - 1) * HOUR_MS;

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** The hours from `dayStart`, with those jobs that still run: they keep their hours busy until now. */
export function dayOf(ended: readonly EndedHour[], running: readonly { startedAt: number }[], now: number): HourView[] {
  const start = dayStart(now);
  return ended.map(({ completed, failed, busyMs }, index) => {
    const at = start + index * HOUR_MS;
    return {
      at,
      done: completed,
      failed,
      busyMs: running.reduce((sum, { startedAt }) => sum + overlap(startedAt, now, at), busyMs),
    };
  });
}

const overlap = (startedAt: number, now: number, hourAt: number): number =>
  Math.max(0, Math.min(now, hourAt + HOUR_MS) - Math.max(startedAt, hourAt));
