import { expect, test } from 'bun:test';
import { QUIET_MS, watchQuiet } from '../../../src/worker/quiet.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';

/** A process whose CPU time is what a test says. */
function setup() {
  const clock = new FakeClock();
  const state = { cpuMs: 80, busy: false, returned: 0, returnTakesMs: 0 };
  const watch = watchQuiet({
    clock,
    cpuMs: () => state.cpuMs,
    isBusy: () => state.busy,
    onQuiet: async () => {
      state.returned += 1;
      state.cpuMs += state.returnTakesMs;
    },
  });
  /** So much CPU time passes in one window. */
  const pass = async (cpuMs: number): Promise<void> => {
    state.cpuMs += cpuMs;
    clock.advance(QUIET_MS);
    await settle();
  };
  return { clock, state, watch, pass };
}

const IDLE_MS = 60;
const BURST_MS = 4_000;

test('memory is handed back once after the start, and not again while idle', async () => {
  const { state, pass } = setup();
  for (let window = 0; window < 5; window++) await pass(IDLE_MS);
  expect(state.returned).toBe(1);
});

test('what a burst left is handed back in the first window without one', async () => {
  const { state, pass } = setup();
  await pass(IDLE_MS);
  await pass(BURST_MS);
  await pass(BURST_MS);
  expect(state.returned).toBe(1);
  await pass(IDLE_MS);
  await pass(IDLE_MS);
  expect(state.returned).toBe(2);
});

test('nothing is handed back while a job runs, however little this process does', async () => {
  const { state, pass } = setup();
  state.busy = true;
  await pass(IDLE_MS);
  await pass(IDLE_MS);
  expect(state.returned).toBe(0);
  state.busy = false;
  await pass(IDLE_MS);
  expect(state.returned).toBe(1);
});

test('the time that handing back takes counts as no burst', async () => {
  const { state, pass } = setup();
  state.returnTakesMs = BURST_MS;
  for (let window = 0; window < 4; window++) await pass(IDLE_MS);
  expect(state.returned).toBe(1);
});

test('a watch that is over leaves no timer behind', async () => {
  const { clock, watch, pass } = setup();
  await pass(IDLE_MS);
  watch[Symbol.dispose]();
  expect(clock.armed).toBe(0);
});
