import { describe, expect, test } from 'bun:test';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { SkippingClock } from '../../fakes/system/skipping-clock.ts';

interface Subject {
  readonly clock: Clock;
  /** Lets this much time pass. */
  readonly pass: (ms: number) => Promise<void>;
}

const waitOn = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

/** What every clock promises, kept by the machine's and by those of the tests. */
const SUBJECTS: readonly (readonly [name: string, make: () => Subject])[] = [
  ["the machine's clock", () => ({ clock: systemClock, pass: (ms) => waitOn(systemClock, ms) })],
  [
    'the fake clock',
    () => {
      const clock = new FakeClock();
      return { clock, pass: (ms) => Promise.resolve(clock.advance(ms)) };
    },
  ],
  [
    'the skipping clock',
    () => {
      const clock = new SkippingClock();
      return { clock, pass: (ms) => Promise.resolve(clock.skip(ms)) };
    },
  ],
];

/** Short in real time, long beside the grain of a timer. */
const STEP_MS = 20;
/** A runtime may round a timer by this much. */
const GRAIN_MS = 2;

describe.each(SUBJECTS)('%s', (_name, make) => {
  test('counts at least the time that passed, and never backwards', async () => {
    const { clock, pass } = make();
    let before = clock.elapsed();
    for (let step = 0; step < 3; step++) {
      await pass(STEP_MS);
      expect(clock.elapsed() - before).toBeGreaterThanOrEqual(STEP_MS - GRAIN_MS);
      before = clock.elapsed();
    }
  });

  test('gives the time of day in milliseconds since the epoch', async () => {
    const { clock, pass } = make();
    const before = clock.now();
    await pass(STEP_MS);
    expect(before).toBeGreaterThan(Date.UTC(2020, 0));
    expect(clock.now() - before).toBeGreaterThanOrEqual(STEP_MS - GRAIN_MS);
  });

  test('fires a timer once, not before its time and never before it was set', async () => {
    const { clock, pass } = make();
    const since = clock.elapsed();
    const firedMs: number[] = [];
    for (const ms of [STEP_MS, 0, -5]) clock.after(ms, () => firedMs.push(clock.elapsed() - since));
    expect(firedMs).toEqual([]);
    await pass(2 * STEP_MS);
    await pass(STEP_MS);
    expect(firedMs).toHaveLength(3);
    expect(firedMs[2]).toBeGreaterThanOrEqual(STEP_MS - GRAIN_MS);
  });

  test('fires timers in the order in which they fall due', async () => {
    const { clock, pass } = make();
    const fired: string[] = [];
    clock.after(3 * STEP_MS, () => fired.push('last'));
    clock.after(STEP_MS, () => fired.push('first'));
    clock.after(2 * STEP_MS, () => fired.push('second'));
    await pass(4 * STEP_MS);
    expect(fired).toEqual(['first', 'second', 'last']);
  });

  test('fires a timer that another one sets while it fires', async () => {
    const { clock, pass } = make();
    const fired: string[] = [];
    clock.after(STEP_MS, () => {
      fired.push('outer');
      clock.after(STEP_MS, () => fired.push('inner'));
    });
    // On a busy machine the outer one may be late, and the inner one with it.
    for (let step = 0; step < 100 && fired.length < 2; step++) await pass(STEP_MS);
    expect(fired).toEqual(['outer', 'inner']);
  });

  test('never fires a timer that was cancelled, and may be cancelled twice', async () => {
    const { clock, pass } = make();
    let fired = 0;
    const cancelled = clock.after(STEP_MS, () => void fired++);
    const kept = clock.after(STEP_MS, () => void (fired += 10));
    cancelled();
    cancelled();
    await pass(2 * STEP_MS);
    kept();
    expect(fired).toBe(10);
  });

  test('keeps a timer that is further away than the runtime can count', async () => {
    const { clock, pass } = make();
    let fired = false;
    const cancel = clock.after(60 * 24 * 3_600_000, () => void (fired = true));
    await pass(STEP_MS);
    cancel();
    expect(fired).toBe(false);
  });
});

/** A machine whose clock is set while the program runs: only the time of day may notice. */
test.each([
  ['fake', () => new FakeClock()],
  ['skipping', () => new SkippingClock()],
])('setting a %s clock’s time of day moves no timer and no duration', (_name, make) => {
  const clock = make();
  let fired = false;
  const cancel = clock.after(3_600_000, () => void (fired = true));
  const [since, before] = [clock.elapsed(), clock.now()];
  clock.jumpWallClock(86_400_000);
  expect([fired, Math.round((clock.now() - before) / 86_400_000)]).toEqual([false, 1]);
  clock.jumpWallClock(-2 * 86_400_000);
  expect(Math.round((clock.now() - before) / 86_400_000)).toBe(-1);
  expect(clock.elapsed() - since).toBeLessThan(60_000);
  cancel();
});
