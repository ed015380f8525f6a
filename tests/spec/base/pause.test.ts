import { expect, test } from 'bun:test';
import { pause } from '../../../src/base/pause.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

test('a pause ends when its time is over and leaves no timer behind', async () => {
  const clock = new FakeClock();
  const paused = pause(clock, 1_000);
  clock.advance(1_000);
  await paused;
  expect(clock.armed).toBe(0);
});

test('an abort ends a pause early and disarms its timer', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const paused = pause(clock, 1_000, stop.signal);
  stop.abort();
  await paused;
  expect(clock.armed).toBe(0);
});

test('a signal that has aborted already allows no pause at all', async () => {
  const clock = new FakeClock();
  await pause(clock, 1_000, AbortSignal.abort());
  expect(clock.armed).toBe(0);
});
