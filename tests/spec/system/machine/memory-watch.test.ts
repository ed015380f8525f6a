import { expect, test } from 'bun:test';
import type { MemoryReport } from '../../../../src/system/machine/gpus.ts';
import { watchMemory } from '../../../../src/system/machine/memory-watch.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

const report = (freeBytes: number): MemoryReport => ({ gpus: [], ram: { totalBytes: 9, freeBytes }, reasons: [] });

function setup() {
  const clock = new FakeClock();
  const answers: ((report: MemoryReport) => void)[] = [];
  let asked = 0;
  const gpus = {
    probe: () => {
      asked += 1;
      return new Promise<MemoryReport>((resolve) => answers.push(resolve));
    },
  };
  const watch = watchMemory({ gpus, clock, everyMs: 30_000 });
  const answer = async (freeBytes: number): Promise<void> => {
    answers.shift()?.(report(freeBytes));
    await settle();
  };
  return { clock, watch, answer, asked: () => asked };
}

test('nothing is known until the first answer, and nobody waits for it', async () => {
  using watch = setup().watch;
  expect(watch.latest).toBeUndefined();
});

test('the last answer stays at hand while the next question is under way', async () => {
  const { clock, watch, answer, asked } = setup();
  await answer(1);
  clock.advance(30_000);
  expect([asked(), watch.latest?.ram.freeBytes]).toEqual([2, 1]);
  await answer(2);
  expect(watch.latest?.ram.freeBytes).toBe(2);
  watch[Symbol.dispose]();
});

test('who asks while a question is under way shares its answer', async () => {
  const { watch, answer, asked } = setup();
  const both = Promise.all([watch.refresh(), watch.refresh()]);
  await answer(7);
  expect((await both).map(({ ram }) => ram.freeBytes)).toEqual([7, 7]);
  expect(asked()).toBe(1);
  watch[Symbol.dispose]();
});

test('an extra question puts the next one off', async () => {
  const { clock, watch, answer, asked } = setup();
  await answer(1);
  clock.advance(20_000);
  const extra = watch.refresh();
  await answer(2);
  await extra;
  clock.advance(29_999);
  expect(asked()).toBe(2);
  clock.advance(1);
  expect(asked()).toBe(3);
  watch[Symbol.dispose]();
});

test('a disposed memory watch asks no more, even with an answer pending', async () => {
  const { clock, watch, answer, asked } = setup();
  watch[Symbol.dispose]();
  await answer(1);
  clock.advance(60_000);
  expect([asked(), clock.armed]).toEqual([1, 0]);
});
