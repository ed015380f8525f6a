import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { MINUTE_MS } from '../../../../src/base/units.ts';
import {
  backgroundPauseMs,
  concernsEveryResult,
  describeAnswer,
  judgeForeground,
  meaningOf,
  type UploadAnswer,
} from '../../../../src/studio/delivery/policy.ts';

const answered = (status: number, fields: Partial<Extract<UploadAnswer, { is: 'answered' }>> = {}): UploadAnswer => ({
  is: 'answered',
  status,
  statusText: '',
  body: '',
  isWebPage: false,
  ...fields,
});
const unreachable: UploadAnswer = { is: 'unreachable', error: 'reset' };

test.each([
  [200, 'delivered'],
  [201, 'delivered'],
  [204, 'delivered'],
  [302, 'misplaced'],
  [301, 'misplaced'],
  [307, 'misplaced'],
  [308, 'misplaced'],
  [400, 'refused'],
  [401, 'unauthorized'],
  [403, 'unauthorized'],
  [404, 'misplaced'],
  [405, 'misplaced'],
  [407, 'misplaced'],
  [421, 'misplaced'],
  [408, 'transient'],
  [409, 'not-held'],
  [413, 'refused'],
  [422, 'refused'],
  [425, 'transient'],
  [429, 'transient'],
  [500, 'transient'],
  [503, 'transient'],
] as const)('a studio that answers %d makes the result %s', (status, meaning) => {
  expect(meaningOf(answered(status))).toBe(meaning);
});

test.each([
  [200, 'misplaced'],
  [404, 'misplaced'],
  [409, 'misplaced'],
  [413, 'misplaced'],
  [401, 'unauthorized'],
  [502, 'transient'],
] as const)('a page for people with the status %d makes the result %s', (status, meaning) => {
  expect(meaningOf(answered(status, { isWebPage: true }))).toBe(meaning);
});

test('an answer that came from elsewhere leaves the result to the background at once', () => {
  expect(judgeForeground(answered(404), 1, 0)).toEqual({ is: 'exhausted' });
});

test('an upload is tried three times with pauses of one and two seconds', () => {
  expect(judgeForeground(unreachable, 1, 0)).toEqual({ is: 'retry', afterMs: 1000 });
  expect(judgeForeground(answered(500), 2, 1000)).toEqual({ is: 'retry', afterMs: 2000 });
  expect(judgeForeground(answered(500), 3, 3000)).toEqual({ is: 'exhausted' });
});

test('a larger Retry-After stretches the pause while the slot is held', () => {
  expect(judgeForeground(answered(429, { retryAfterMs: 7000 }), 1, 0)).toEqual({ is: 'retry', afterMs: 7000 });
  expect(judgeForeground(answered(429, { retryAfterMs: 10 }), 1, 0)).toEqual({ is: 'retry', afterMs: 1000 });
});

test('waiting beyond thirty seconds in all is left to the background', () => {
  expect(judgeForeground(answered(503, { retryAfterMs: 31_000 }), 1, 0)).toEqual({ is: 'exhausted' });
  expect(judgeForeground(answered(503, { retryAfterMs: 20_000 }), 2, 20_000)).toEqual({ is: 'exhausted' });
});

test('background pauses double from half a minute to ten minutes', () => {
  expect([1, 2, 3, 4, 5, 6, 40].map((rounds) => backgroundPauseMs(rounds, 0, 0) / 1000)).toEqual([
    30, 60, 120, 240, 480, 600, 600,
  ]);
});

test('a background pause is never shorter than asked for and never endless', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), fc.nat(), chance, (rounds, retryAfterMs, unit) => {
      const pauseMs = backgroundPauseMs(rounds, retryAfterMs, unit);
      expect(pauseMs).toBeGreaterThanOrEqual(Math.max(30_000, Math.min(retryAfterMs, 60 * MINUTE_MS)));
      expect(pauseMs).toBeLessThanOrEqual(75 * MINUTE_MS);
    }),
  );
});

test('answers that speak of the studio as a whole end a round', () => {
  expect([unreachable, answered(401), answered(429), answered(503)].every(concernsEveryResult)).toBe(true);
  expect([answered(500), answered(403), answered(404), answered(409)].some(concernsEveryResult)).toBe(false);
});

test('an error text gives operation, status and what the studio said', () => {
  const text = describeAnswer(answered(500, { statusText: 'Internal Server Error', body: 'boom' }));
  expect(text).toBe('complete failed: 500 Internal Server Error — boom');
  expect(describeAnswer(answered(404, { statusText: 'Not Found', body: ' \n' }))).toBe(
    'complete failed: 404 Not Found',
  );
  expect(describeAnswer(unreachable)).toBe('complete failed: reset');
});

test('a long error page is cut before it reaches log and frame', () => {
  expect(describeAnswer(answered(500, { body: 'x'.repeat(5000) })).length).toBeLessThan(600);
});
