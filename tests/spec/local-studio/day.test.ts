import { expect, test } from 'bun:test';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import { dayOf, dayStart, usualWait } from '../../../src/local-studio/dashboard/day.ts';

const NOW = Date.UTC(2026, 10, 28, 14, 30);
const ended = (minutesAgo: number, tookMinutes: number, state: 'completed' | 'failed' | 'cancelled' = 'completed') => {
  const finishedAt = NOW - minutesAgo * MINUTE_MS;
  const startedAt = finishedAt - tookMinutes * MINUTE_MS;
  return { state, createdAt: startedAt - MINUTE_MS, startedAt, finishedAt };
};

test('a day has twenty-four hours, and the last is the one that runs', () => {
  const hours = dayOf([], [], NOW);
  expect(hours).toHaveLength(24);
  expect(hours[0]?.at).toBe(dayStart(NOW));
  expect(hours.at(-1)?.at).toBe(Date.UTC(2026, 10, 28, 14));
});

test('jobs count in the hour they ended in, cancelled ones as neither', () => {
  const hours = dayOf([ended(5, 1), ended(10, 1, 'failed'), ended(12, 1, 'cancelled'), ended(70, 1)], [], NOW);
  expect(hours.at(-1)).toMatchObject({ done: 1, failed: 1 });
  expect(hours.at(-2)).toMatchObject({ done: 1, failed: 0 });
});

test('a long job keeps busy every hour that it runs in', () => {
  const hours = dayOf([ended(10, 100)], [], NOW).slice(-3);
  expect(hours.map(({ busyMs }) => busyMs / MINUTE_MS)).toEqual([20, 60, 20]);
  const running = dayOf([], [{ startedAt: NOW - HOUR_MS }], NOW).slice(-2);
  expect(running.map(({ busyMs }) => busyMs / MINUTE_MS)).toEqual([30, 30]);
});

test('the usual wait is that of the middle job which was done', () => {
  const waiting = (ms: number) => ({ state: 'completed' as const, createdAt: 0, startedAt: ms, finishedAt: ms });
  expect(usualWait([])).toBe(undefined);
  expect(usualWait([waiting(900), waiting(1), waiting(9)])).toBe(9);
});
