import { expect, test } from 'bun:test';
import { createReviver, reviveAfterMs } from '../../../src/ui/reviver.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const HOUR_MS = 3_600_000;

function setup({ crashed = true, fails = false } = {}) {
  const clock = new FakeClock();
  let starts = 0;
  const reviver = createReviver({
    clock,
    log: recordingLogger(),
    hasCrashed: () => Promise.resolve(crashed),
    start: () => {
      starts += 1;
      return fails ? Promise.reject(new Error('no memory')) : Promise.resolve();
    },
  });
  /** The link is lost, as it is told with each attempt, and so much time passes. */
  const lost = async (ms: number): Promise<void> => {
    reviver.onLink('lost');
    clock.advance(ms);
    await turn();
  };
  return { clock, reviver, lost, starts: () => starts };
}

test('a worker of ours that crashed starts again after half a minute', async () => {
  const at = setup();
  at.reviver.adopt();
  at.reviver.onLink('live');
  await at.lost(29_999);
  expect(at.starts()).toBe(0);
  await at.lost(1);
  expect(at.starts()).toBe(1);
});

test('a foreign worker, or one that ended well, is left alone', async () => {
  const foreign = setup();
  foreign.reviver.onLink('live');
  await foreign.lost(HOUR_MS);
  const ended = setup({ crashed: false });
  ended.reviver.adopt();
  ended.reviver.onLink('live');
  await ended.lost(HOUR_MS);
  await ended.lost(HOUR_MS);
  expect([foreign.starts(), ended.starts()]).toEqual([0, 0]);
  expect(ended.clock.armed).toBe(0);
});

test('a worker that is there again in time is not started a second time', async () => {
  const at = setup();
  at.reviver.adopt();
  await at.lost(10_000);
  at.reviver.onLink('live');
  at.clock.advance(HOUR_MS);
  await turn();
  expect(at.starts()).toBe(0);
});

test('each early crash doubles the wait, up to a quarter of an hour', async () => {
  expect([0, 1, 2, 5, 50].map(reviveAfterMs)).toEqual([30_000, 60_000, 120_000, 900_000, 900_000]);
  const at = setup({ fails: true });
  at.reviver.adopt();
  await at.lost(30_000);
  await at.lost(59_999);
  expect(at.starts()).toBe(1);
  await at.lost(1);
  expect(at.starts()).toBe(2);
});

test('a worker that ran for long starts over with the first wait', async () => {
  const at = setup();
  at.reviver.adopt();
  await at.lost(30_000);
  at.reviver.onLink('live');
  at.clock.advance(HOUR_MS);
  await at.lost(30_000);
  expect(at.starts()).toBe(2);
});
