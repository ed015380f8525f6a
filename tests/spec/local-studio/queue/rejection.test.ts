import { expect, test } from 'bun:test';
import { rejectedFor } from '../../../../src/local-studio/queue/rejection.ts';

test('a rejection is transient by its code, or else by its text', () => {
  expect(rejectedFor({ code: 'busy', reason: '' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason: 'worker paused by operator' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason: 'no such model' })).toBe('job');
});

test.each([
  ['busy', 'worker is installing an update'],
  ['busy', 'worker already has an in-flight job'],
  ['paused', 'worker paused by operator'],
  ['paused', 'only when idle: the person is using this computer'],
  ['paused', 'only when idle: whether a person is using this computer is not known'],
  ['insufficient_memory', 'insufficient device memory: needs 21.00 GiB, 16.39 GiB free (1.00 GiB kept in reserve)'],
  ['insufficient_memory', 'insufficient host memory: needs 13.85 GiB, 17.00 GiB available (4.00 GiB kept in reserve)'],
])('a rejection of code %s is for now: %s', (code, reason) => {
  expect(rejectedFor({ code, reason: '' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason })).not.toBe('job');
});
