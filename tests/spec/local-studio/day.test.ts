import { expect, test } from 'bun:test';
import { dayStart, HOURS } from '../../../src/base/time/hours.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import { dayOf } from '../../../src/local-studio/dashboard/day.ts';

const NOW = Date.UTC(2026, 10, 28, 14, 30);
const ENDED = Array.from({ length: HOURS }, (_, index) => ({ completed: index, failed: 1, busyMs: 7 }));

test('a day has twenty-four hours, and the last is the one that runs', () => {
  const hours = dayOf(ENDED, [], NOW);
  expect(hours).toHaveLength(24);
  expect(hours[0]).toEqual({ at: dayStart(NOW), done: 0, failed: 1, busyMs: 7 });
  expect(hours.at(-1)).toEqual({ at: Date.UTC(2026, 10, 28, 14), done: 23, failed: 1, busyMs: 7 });
});

test('jobs that run keep every hour busy since they began, beside those that ended', () => {
  const busyOf = (...startedAt: readonly number[]) =>
    dayOf(
      ENDED,
      startedAt.map((at) => ({ startedAt: at })),
      NOW,
    )
      .slice(-3)
      .map(({ busyMs }) => (busyMs - 7) / MINUTE_MS);
  expect(busyOf(NOW - HOUR_MS)).toEqual([0, 30, 30]);
  expect(busyOf(NOW - HOUR_MS, NOW - MINUTE_MS)).toEqual([0, 30, 31]);
  expect(busyOf(NOW - 48 * HOUR_MS)).toEqual([60, 60, 30]);
});
