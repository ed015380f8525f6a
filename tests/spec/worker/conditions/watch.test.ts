import { expect, test } from 'bun:test';
import type { ScheduleWindow } from '../../../../src/base/config/schedule-window.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../src/base/units.ts';
import type { Condition } from '../../../../src/worker/conditions/condition.ts';
import { watchConditions } from '../../../../src/worker/conditions/watch.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

/** The clock begins on a Monday at 12:00 UTC. */
const AFTERNOON: ScheduleWindow = { from: '12:10', to: '12:20', time_zone: 'UTC' };

async function setup(windows: readonly ScheduleWindow[]) {
  const clock = new FakeClock();
  const world = { windows, asked: 0, changes: [] as string[], probed: [] as readonly Condition[] };
  const watch = watchConditions({
    clock,
    windows: () => world.windows,
    isAnySet: () => world.windows.length > 0,
    async probe() {
      world.asked += 1;
      return world.probed;
    },
    onChange: ({ what, isMet }) => void world.changes.push(`${what} ${isMet ? 'met' : 'unmet'}`),
  });
  await watch.first;
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5 * SECOND_MS) {
      clock.advance(5 * SECOND_MS);
      await settle();
    }
  };
  return { ...world, world, clock, watch, pass };
}

test('hours that open and close are reported once each', async () => {
  const { world, watch, pass } = await setup([AFTERNOON]);
  expect(world.changes).toEqual(['schedule unmet']);
  await pass(11 * MINUTE_MS);
  expect(world.changes).toEqual(['schedule unmet', 'schedule met']);
  await pass(15 * MINUTE_MS);
  expect(world.changes).toEqual(['schedule unmet', 'schedule met', 'schedule unmet']);
  watch[Symbol.dispose]();
  await pass(MINUTE_MS);
  expect(world.changes).toHaveLength(3);
});

test('the hours are as of now, whenever the machine was asked last', async () => {
  const { watch, clock } = await setup([AFTERNOON]);
  clock.jumpWallClock(12 * MINUTE_MS);
  expect(watch.current()).toMatchObject([{ what: 'schedule', isMet: true }]);
  clock.jumpWallClock(-6 * MINUTE_MS);
  expect(watch.current()).toMatchObject([{ what: 'schedule', isMet: false }]);
});

test('nothing is read repeatedly until hours are set, which count at once', async () => {
  const { world, watch, pass } = await setup([]);
  await pass(MINUTE_MS);
  expect(world.asked).toBe(1);
  world.windows = [AFTERNOON];
  watch.refresh();
  await settle();
  expect(world.changes).toEqual(['schedule unmet']);
  world.windows = [];
  watch.refresh();
  await settle();
  expect(world.changes).toEqual(['schedule unmet', 'schedule met']);
});
