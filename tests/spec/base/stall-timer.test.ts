import { expect, test } from 'bun:test';
import { createStallTimer } from '../../../src/base/stall-timer.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const LIMIT_MS = 1_000;

function setup() {
  const clock = new FakeClock();
  const reason = (limitMs: number): Error => new Error(`nothing moved for ${limitMs} ms`);
  return { clock, timer: createStallTimer({ clock, limitMs: LIMIT_MS, reason }) };
}

test('nothing moving for the whole limit aborts with the reason given', () => {
  const { clock, timer } = setup();
  clock.advance(LIMIT_MS - 1);
  expect(timer.signal.aborted).toBe(false);
  clock.advance(1);
  expect(timer.signal.reason).toEqual(new Error('nothing moved for 1000 ms'));
  expect(clock.armed).toBe(0);
});

test('each progress restarts the limit, however long the whole takes', () => {
  const { clock, timer } = setup();
  for (let step = 0; step < 20; step++) {
    clock.advance(LIMIT_MS - 1);
    timer.moved();
  }
  expect(timer.signal.aborted).toBe(false);
  clock.advance(LIMIT_MS);
  expect(timer.signal.aborted).toBe(true);
});

test('one progress may allow a longer limit, the next restores the usual', () => {
  const { clock, timer } = setup();
  timer.moved(5 * LIMIT_MS);
  clock.advance(4 * LIMIT_MS);
  timer.moved();
  clock.advance(LIMIT_MS);
  expect(timer.signal.reason).toEqual(new Error('nothing moved for 1000 ms'));
});

test('a pause costs nothing and keeps what was left of the limit', () => {
  const { clock, timer } = setup();
  clock.advance(600);
  timer.pause();
  clock.advance(10 * LIMIT_MS);
  timer.resume();
  clock.advance(399);
  expect(timer.signal.aborted).toBe(false);
  clock.advance(1);
  expect(timer.signal.aborted).toBe(true);
});

test('progress during a pause restores the whole limit without ending the pause', () => {
  const { clock, timer } = setup();
  clock.advance(600);
  timer.pause();
  timer.moved();
  clock.advance(10 * LIMIT_MS);
  timer.resume();
  clock.advance(LIMIT_MS - 1);
  expect(timer.signal.aborted).toBe(false);
  clock.advance(1);
  expect(timer.signal.aborted).toBe(true);
});

test('a stopped timer never aborts, whatever moves after it', () => {
  const { clock, timer } = setup();
  timer.stop();
  timer.moved();
  timer.resume();
  clock.advance(10 * LIMIT_MS);
  expect(timer.signal.aborted).toBe(false);
  expect(clock.armed).toBe(0);
});
