import { expect, test } from 'bun:test';
import { createRateLimit } from '../../../../src/local-studio/http/rate-limit.ts';
import { sameHash } from '../../../../src/local-studio/storage/secrets.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

test('the eleventh registration in a minute has to wait for the first to age', () => {
  const clock = new FakeClock();
  const limit = createRateLimit(() => clock.now());
  for (let asked = 0; asked < 10; asked++) expect(limit('10.0.0.1')).toBeUndefined();
  clock.advance(20_000);
  expect(limit('10.0.0.1')).toBe(40);
  expect(limit('10.0.0.2')).toBeUndefined();
  clock.advance(40_000);
  expect(limit('10.0.0.1')).toBeUndefined();
});

test('hashes agree only when every character does', () => {
  expect(sameHash('abc', 'abc')).toBe(true);
  expect(sameHash('abc', 'abd')).toBe(false);
  expect(sameHash('abc', 'abcabc')).toBe(false);
  expect(sameHash('', '')).toBe(false);
});
