import { expect, test } from 'bun:test';
import { exclusively } from '../../../src/base/exclusive.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

/** A lock that one party can hold, and what becomes of it. */
function setup() {
  const clock = new FakeClock();
  const stop = new AbortController();
  const state = { holder: undefined as string | undefined, waits: [] as unknown[] };
  const lock = () => {
    if (state.holder !== undefined) return Promise.resolve({ is: 'taken' as const, by: state.holder });
    state.holder = 'us';
    return Promise.resolve({ is: 'held' as const, release: () => void (state.holder = undefined) });
  };
  const onTaken = (by: string, isFirst: boolean): void => void state.waits.push([by, isFirst]);
  return { clock, stop, state, options: { lock, clock, signal: stop.signal, onTaken } };
}

test('work under a free lock runs at once and gives the lock back', async () => {
  const { state, options } = setup();
  const result = await exclusively(options, (waited) => Promise.resolve(`${state.holder}, waited ${waited}`));
  expect([result, state.holder, state.waits]).toEqual(['us, waited false', undefined, []]);
});

test('a lock that somebody else holds is tried until it is free', async () => {
  const { clock, state, options } = setup();
  state.holder = 'another';
  const working = exclusively(options, (waited) => Promise.resolve(waited));
  await clock.advanceAsync(1_200);
  state.holder = undefined;
  await clock.advanceAsync(500);
  expect(await working).toBe(true);
  expect(state.waits).toEqual([
    ['another', true],
    ['another', false],
    ['another', false],
  ]);
});

test('work that fails gives the lock back', async () => {
  const { state, options } = setup();
  const failure = new Error('no space');
  expect(await exclusively(options, () => Promise.reject(failure)).catch((thrown: unknown) => thrown)).toBe(failure);
  expect(state.holder).toBeUndefined();
});

test('an abort ends the wait with its reason, and the work never runs', async () => {
  const { clock, stop, state, options } = setup();
  state.holder = 'another';
  const working = exclusively(options, () => Promise.resolve(expect.unreachable())).catch((thrown: unknown) => thrown);
  await clock.advanceAsync(10);
  stop.abort(new Error('stopping'));
  expect(await working).toBe(stop.signal.reason);
  expect([clock.armed, state.holder]).toEqual([0, 'another']);
});
