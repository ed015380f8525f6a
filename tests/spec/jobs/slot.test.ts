import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { createSlot } from '../../../src/jobs/slot.ts';

const one = toJobId('job-1');
const two = toJobId('job-2');

test('a held slot cannot be taken a second time', () => {
  const slot = createSlot();
  slot.hold(one);
  expect(() => slot.hold(two)).toThrow('the slot is held by job job-1');
});

test('the slot is free again on every way out, also by an exception', () => {
  const slot = createSlot();
  const leaveByThrowing = (): void => {
    using held = slot.hold(one);
    throw new WorkerError('engine.failed', held.jobId);
  };
  expect(leaveByThrowing).toThrow('job-1');
  expect(slot.held).toBeUndefined();
});

test('disposing an old hold does not free the job that came after', () => {
  const slot = createSlot();
  const first = slot.hold(one);
  first[Symbol.dispose]();
  const second = slot.hold(two);
  first[Symbol.dispose]();
  expect(slot.held).toBe(second);
});

test('cancelling aborts the signal of the held job with its reason', () => {
  const slot = createSlot();
  const held = slot.hold(one);
  const reason = new WorkerError('job.cancelled', 'stop');
  slot.cancel(reason);
  expect(held.signal.reason).toBe(reason);
});

test('who waits for a free slot is called once, at once when it is free', () => {
  const slot = createSlot();
  const calls: string[] = [];
  slot.whenFree(() => calls.push('at once'));
  const held = slot.hold(one);
  slot.whenFree(() => calls.push('later'));
  const forget = slot.whenFree(() => calls.push('never'));
  forget();
  expect(calls).toEqual(['at once']);
  held[Symbol.dispose]();
  slot.hold(two)[Symbol.dispose]();
  expect(calls).toEqual(['at once', 'later']);
});

test('a waiter that takes the slot again leaves the others waiting', () => {
  const slot = createSlot();
  const held = slot.hold(one);
  const calls: string[] = [];
  slot.whenFree(() => void slot.hold(two));
  slot.whenFree(() => calls.push('idle'));
  held[Symbol.dispose]();
  expect(calls).toEqual([]);
  slot.held?.[Symbol.dispose]();
  expect(calls).toEqual(['idle']);
});
