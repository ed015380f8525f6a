import { MINUTE_MS } from '../../base/units.ts';

/** Checks are spread by this share, so that a release is not asked for by everybody at once. */
const JITTER = 0.1;
/** Studio contract: never more often. */
const MIN_CHECK_MS = MINUTE_MS;

/**
 * Milliseconds until the next check. Restarts do not put it off: what passed since the last one counts, unless the clock
 * was set back. A first check comes one interval after the start (studio contract). `unit` is from 0 to 1, by chance.
 */
export function nextCheckInMs(check: {
  readonly intervalMs: number;
  readonly now: number;
  readonly lastCheckAt: number | undefined;
  readonly unit: number;
}): number {
  const { now, lastCheckAt = now, unit } = check;
  const intervalMs = Math.max(MIN_CHECK_MS, check.intervalMs);
  const leftMs = intervalMs - Math.max(0, now - lastCheckAt);
  return Math.max(MIN_CHECK_MS, leftMs) * (1 - JITTER + 2 * JITTER * unit);
}
