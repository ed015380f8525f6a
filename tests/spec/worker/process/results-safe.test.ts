import { expect, test } from 'bun:test';
import type { WorkerEvent } from '../../../../src/worker/events.ts';
import { resultsSafe } from '../../../../src/worker/process/results-safe.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

/** A delivery with so many results that only the session has. */
function setup(unkept: number) {
  const clock = new FakeClock();
  let left = unkept;
  let emit = (_event: WorkerEvent): void => {};
  const stop = new AbortController();
  const events = {
    subscribe(call: (event: WorkerEvent) => unknown) {
      emit = call;
      return { [Symbol.dispose]: () => {} };
    },
  };
  const safe = resultsSafe({ delivery: { hasUnkept: () => left > 0 }, events, clock }, stop.signal);
  /** The studio acknowledges one. */
  const keep = (): void => {
    left -= 1;
    emit({ is: 'delivery', jobId: 'j' as never, report: { is: 'delivered' } as never });
  };
  return { safe, clock, stop, keep };
}

test('a session without results may end at once', async () => {
  const { safe, clock } = setup(0);
  expect(await safe).toBe(true);
  expect(clock.armed).toBe(0);
});

test('a session may end once the last result is acknowledged', async () => {
  const { safe, keep } = setup(2);
  keep();
  await settle();
  keep();
  expect(await safe).toBe(true);
});

test('a studio that does not acknowledge is given thirty seconds', async () => {
  const { safe, clock } = setup(1);
  await settle();
  clock.advance(30_000);
  expect(await safe).toBe(false);
});

test('a wait that is cancelled leaves the results in danger', async () => {
  const { safe, stop } = setup(1);
  stop.abort();
  expect(await safe).toBe(false);
});
