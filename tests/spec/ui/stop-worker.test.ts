import { expect, test } from 'bun:test';
import { stopWorker } from '../../../src/ui/stop-worker.ts';
import { SkippingClock } from '../../fakes/system/skipping-clock.ts';

/** A worker that ends after so many requests; `skipMs` pass with each look at it. */
function setup({ endsAfter, skipMs }: { readonly endsAfter: number; readonly skipMs: number }) {
  const clock = new SkippingClock();
  let asked = 0;
  let hurry = (): void => {};
  const stopped = stopWorker({
    clock,
    ask: () => Promise.resolve(void (asked += 1)),
    isRunning: () => {
      clock.skip(skipMs);
      return Promise.resolve(asked < endsAfter);
    },
    graceMs: 60_000,
    onHurry: (call) => (hurry = call),
  });
  return { clock, stopped, asked: () => asked, hurry: () => hurry() };
}

test('a worker that stops in time is asked once', async () => {
  const at = setup({ endsAfter: 1, skipMs: 100 });
  expect(await at.stopped).toBe(true);
  expect(at.asked()).toBe(1);
});

test('a worker that takes longer hands its job back, then ends', async () => {
  const at = setup({ endsAfter: 3, skipMs: 20_000 });
  expect(await at.stopped).toBe(true);
  expect(at.asked()).toBe(3);
});

test('a worker that never ends is left after three requests', async () => {
  const at = setup({ endsAfter: 4, skipMs: 20_000 });
  expect(await at.stopped).toBe(false);
  expect(at.asked()).toBe(3);
});

test('an operator in a hurry skips the rest of the wait', async () => {
  const at = setup({ endsAfter: 2, skipMs: 0 });
  await Promise.resolve();
  expect(at.asked()).toBe(1);
  at.hurry();
  expect(await at.stopped).toBe(true);
  expect(at.asked()).toBe(2);
});
