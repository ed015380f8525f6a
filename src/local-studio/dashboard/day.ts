import { dayStart, overlapMs } from '../../base/time/hours.ts';
import { HOUR_MS } from '../../base/units.ts';
import type { HourView } from '../../contract/page/dashboard.ts';
import type { EndedHour } from '../storage/tables/ended-jobs.ts';

/** The hours from `dayStart`, with those jobs that still run: they keep their hours busy until now. */
export function dayOf(ended: readonly EndedHour[], running: readonly { startedAt: number }[], now: number): HourView[] {
  const start = dayStart(now);
  return ended.map(({ completed, failed, busyMs }, index) => {
    const at = start + index * HOUR_MS;
    return {
      at,
      done: completed,
      failed,
      busyMs: running.reduce((sum, { startedAt }) => sum + overlapMs({ from: startedAt, to: now }, at), busyMs),
    };
  });
}
