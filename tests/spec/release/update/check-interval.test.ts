import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS } from '../../../../src/base/units.ts';
import { nextCheckInMs } from '../../../../src/release/update/check-interval.ts';

const check = (about: Partial<Parameters<typeof nextCheckInMs>[0]>): number =>
  nextCheckInMs({ intervalMs: HOUR_MS, now: 10 * HOUR_MS, lastCheckAt: undefined, unit: 0.5, ...about });

test('a first check comes one interval after the start', () => {
  expect(check({})).toBe(HOUR_MS);
});

test('a restart does not put the next check off', () => {
  expect(check({ lastCheckAt: 9.5 * HOUR_MS })).toBe(HOUR_MS / 2);
  expect(check({ lastCheckAt: HOUR_MS })).toBe(MINUTE_MS);
});

test('a clock set back delays a check by at most one interval', () => {
  expect(check({ lastCheckAt: 1_000 * HOUR_MS })).toBe(HOUR_MS);
});

test('checks are spread by a tenth and about a minute apart or more', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (intervalMs, now, last, unit) => {
        const ms = nextCheckInMs({ intervalMs, now, lastCheckAt: last, unit });
        expect(ms).toBeGreaterThanOrEqual(0.9 * MINUTE_MS);
        expect(ms).toBeLessThanOrEqual(1.1 * Math.max(MINUTE_MS, intervalMs));
      },
    ),
  );
});
