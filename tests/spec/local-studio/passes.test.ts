import { expect, test } from 'bun:test';
import { startPasses } from '../../../src/local-studio/passes.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

/** Passes that end when they are told to. */
function setup() {
  const clock = new FakeClock();
  const underway: PromiseWithResolvers<number>[] = [];
  const passes = startPasses(clock, () => {
    const pass = Promise.withResolvers<number>();
    underway.push(pass);
    return pass.promise;
  });
  const end = async (inMs: number): Promise<void> => {
    underway.at(-1)?.resolve(inMs);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, passes, end, begun: () => underway.length };
}

test('a pass begins at once, and the next as late as it says', async () => {
  const { clock, end, begun } = setup();
  await end(100);
  clock.advance(99);
  expect(begun()).toBe(1);
  clock.advance(1);
  expect(begun()).toBe(2);
});

test('waking during a pass makes one more, however often', async () => {
  const { clock, passes, end, begun } = setup();
  passes.wake();
  passes.wake();
  expect(begun()).toBe(1);
  await end(100);
  expect(begun()).toBe(2);
  await end(100);
  expect(begun()).toBe(2);
  clock.advance(100);
  expect(begun()).toBe(3);
});

test('waking between passes begins one, which the clock does not repeat', async () => {
  const { clock, passes, end, begun } = setup();
  await end(100);
  passes.wake();
  await end(500);
  clock.advance(100);
  expect(begun()).toBe(2);
});

test('after the stop no pass begins, whoever asks for one', async () => {
  const { clock, passes, end, begun } = setup();
  passes.wake();
  passes.stop();
  await end(0);
  passes.wake();
  clock.advance(1_000);
  expect(begun()).toBe(1);
});
