import { expect, test } from 'bun:test';
import { retryAfterMs } from '../../../src/base/http-answer.ts';

const NOW = Date.parse('2026-05-25T12:00:00Z');

test.each([
  ['120', 120_000],
  [' 3 ', 3_000],
  ['0', 0],
  ['Mon, 25 May 2026 12:01:30 GMT', 90_000],
  ['Mon, 25 May 2026 11:00:00 GMT', 0],
  ['-5', undefined],
  ['3.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('a Retry-After of %p is read as %p milliseconds', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});
