import { expect, test } from 'bun:test';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import { dayOf } from '../../../src/local-api/facts/day.ts';

const MIDNIGHT = Date.UTC(2026, 10, 28);
const NOON = MIDNIGHT + 12 * HOUR_MS;

test('a day has twenty-four hours, of which the last one runs', () => {
  const { hours, busyShare } = dayOf([], [], NOON + 30 * MINUTE_MS);
  expect(hours).toHaveLength(24);
  expect(hours.at(-1)?.at).toBe(NOON);
  expect(hours[0]?.at).toBe(NOON - 23 * HOUR_MS);
  expect(busyShare).toBe(0);
});

test('a job counts where it ended and fills each hour it ran', () => {
  const job = { outcome: 'failed', startedAt: NOON - 90 * MINUTE_MS, finishedAt: NOON - 15 * MINUTE_MS } as const;
  const { hours, failed, completed } = dayOf([job], [], NOON + 30 * MINUTE_MS);
  expect({ failed, completed }).toEqual({ failed: 1, completed: 0 });
  expect(hours.slice(-3).map((hour) => [hour.failed, hour.busyShare])).toEqual([
    [0, 0.5],
    [1, 0.75],
    [0, 0],
  ]);
});

test('what runs now fills the hour that runs, as far as it has come', () => {
  const { hours } = dayOf([], [NOON], NOON + 30 * MINUTE_MS);
  expect(hours.at(-1)?.busyShare).toBe(1);
  expect(dayOf([], [NOON], NOON).hours.at(-1)?.busyShare).toBe(0);
});

test('a job of the day before has left the strip', () => {
  const job = { outcome: 'completed', startedAt: NOON - 30 * HOUR_MS, finishedAt: NOON - 29 * HOUR_MS } as const;
  expect(dayOf([job], [], NOON)).toMatchObject({ completed: 0, busyShare: 0 });
});
