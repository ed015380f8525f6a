import { expect, test } from 'bun:test';
import type { PresenceReading } from '../../../../src/system/presence/presence.ts';
import { watchPresence } from '../../../../src/system/presence/watch.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

const untouchedFor = (idleMs: number): PresenceReading => ({ is: 'known', idleMs, source: 'X11' });

function setup(firstAfterMs?: number) {
  const clock = new FakeClock();
  const every = { ms: 5_000 };
  const readings: ((reading: PresenceReading) => void)[] = [];
  const seen: unknown[] = [];
  const watch = watchPresence({
    presence: { read: () => new Promise((resolve) => readings.push(resolve)) },
    clock,
    ...(firstAfterMs !== undefined && { firstAfterMs }),
    everyMs: () => every.ms,
    onReading: (_reading, presence) => seen.push(presence),
  });
  const answer = async (reading: PresenceReading): Promise<void> => {
    readings.shift()?.(reading);
    await settle();
  };
  return { clock, every, watch, answer, seen, asked: () => readings.length };
}

test('presence is unknown until the first reading, which nobody waits for', async () => {
  const { watch, answer } = setup();
  expect(watch.latest()).toBeUndefined();
  await answer(untouchedFor(0));
  await watch.first;
  expect(watch.latest()).toBe('active');
  watch[Symbol.dispose]();
});

test('presence is read every five seconds, and a lost source makes it unknown', async () => {
  const { clock, watch, answer, seen } = setup();
  for (const reading of [untouchedFor(130_000), untouchedFor(3), { is: 'unknown', reasons: [] } as const]) {
    await answer(reading);
    clock.advance(5_000);
  }
  expect(seen).toEqual(['idle', 'active', undefined]);
  expect(watch.latest()).toBeUndefined();
  watch[Symbol.dispose]();
});

test('a refresh reads at once, shares a reading under way, and counts from there', async () => {
  const { clock, every, watch, answer, seen, asked } = setup();
  every.ms = 60_000;
  await answer(untouchedFor(3));
  clock.advance(30_000);
  every.ms = 5_000;
  watch.refresh();
  watch.refresh();
  expect(asked()).toBe(1);
  await answer(untouchedFor(130_000));
  expect(seen).toEqual(['active', 'idle']);
  clock.advance(5_000);
  expect(asked()).toBe(1);
  watch[Symbol.dispose]();
});

test('a watch that is over asks nothing more and reports nothing late', async () => {
  const { clock, watch, answer, seen, asked } = setup();
  watch[Symbol.dispose]();
  await answer(untouchedFor(130_000));
  expect([seen, watch.latest(), clock.armed, asked()]).toEqual([[], undefined, 0, 0]);
});

test('a first reading that may wait does, unless somebody wants to know', async () => {
  const { clock, watch, answer, seen, asked } = setup(1_000);
  clock.advance(999);
  expect(asked()).toBe(0);
  clock.advance(1);
  expect(asked()).toBe(1);
  await answer(untouchedFor(3));
  await watch.first;
  expect(seen).toEqual(['active']);
  watch[Symbol.dispose]();

  const hurried = setup(1_000);
  hurried.watch.refresh();
  expect(hurried.asked()).toBe(1);
  hurried.watch[Symbol.dispose]();
  expect(hurried.clock.armed).toBe(0);
});
