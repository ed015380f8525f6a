import { expect, test } from 'bun:test';
import type { LocalPriority } from '../../../../src/jobs/turn-order.ts';
import { createMachineSlots } from '../../../../src/worker/placement/machine-slots.ts';
import { aGpu, reportOf } from '../../../fakes/system/a-gpu.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const FIRST = aGpu(1, { uuid: 'GPU-1', index: 0 });
const SECOND = aGpu(1, { uuid: 'GPU-2', index: 1 });
const ONE = reportOf(FIRST);
const TWO = { ...ONE, gpus: [FIRST, SECOND] };

function setup(localPriority: LocalPriority = 'first') {
  const slots = createMachineSlots({ clock: new FakeClock(), localPriority: () => localPriority });
  const heard = { changed: 0, leftFree: 0 };
  slots.onParallelJobs(() => void (heard.changed += 1));
  slots.onLeftFree(() => void (heard.leftFree += 1));
  slots.scheduler.setMax('studio', 2);
  return { slots, heard };
}

test('a machine runs one job at a time until its drivers report', () => {
  const { slots } = setup();
  expect([slots.parallelJobs(), slots.devices()]).toEqual([1, []]);
  expect(slots.scheduler.reserve({ origin: 'studio', purpose: 'a' }).is).toBe('leased');
  expect(slots.scheduler.reserve({ origin: 'studio', purpose: 'b' }).is).toBe('refused');
});

test('with one GPU engines choose, and nobody is told of a change', () => {
  const { slots, heard } = setup();
  slots.onReport(ONE);
  expect([slots.parallelJobs(), slots.devices(), heard.changed]).toEqual([1, [], 0]);
});

test('a second GPU is another job at a time, and is told once', () => {
  const { slots, heard } = setup();
  slots.onReport(TWO);
  slots.onReport(TWO);
  expect([slots.parallelJobs(), heard.changed]).toEqual([2, 1]);
  expect(slots.devices().map(({ uuid }) => uuid)).toEqual(['GPU-1', 'GPU-2']);
});

test('a job that waits has the slot of a GPU found later', () => {
  const { slots } = setup();
  slots.onReport(ONE);
  slots.scheduler.reserve({ origin: 'local', purpose: 'a' });
  const answers: string[] = [];
  const wait = { maxWaitMs: 1_000, onAnswer: ({ is }: { readonly is: string }) => void answers.push(is) };
  slots.scheduler.waitFor({ origin: 'local', purpose: 'b' }, wait);
  expect(answers).toEqual([]);
  slots.onReport(TWO);
  expect(answers).toEqual(['leased']);
});

test('a GPU that is gone takes its job at a time with it', () => {
  const { slots, heard } = setup();
  slots.onReport(TWO);
  slots.onReport(ONE);
  expect([slots.parallelJobs(), slots.devices(), heard.changed]).toEqual([1, [], 2]);
});

test('a slot left to the studio is reported, so that work is requested', () => {
  const { slots, heard } = setup('last');
  const lease = slots.scheduler.reserve({ origin: 'studio', purpose: 'a' });
  slots.scheduler.waitFor({ origin: 'local', purpose: 'b' }, { maxWaitMs: 10_000, onAnswer: () => {} });
  if (lease.is === 'leased') lease[Symbol.dispose]();
  expect(heard.leftFree).toBe(1);
});
