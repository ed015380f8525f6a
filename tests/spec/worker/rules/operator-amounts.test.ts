import { expect, test } from 'bun:test';
import { keepWarmMs, offeredGb } from '../../../../src/worker/rules/operator-amounts.ts';

test('the studio may offer what the operator allows and the machine can hold', () => {
  expect(offeredGb(12, 24)).toBe(12);
  expect(offeredGb(80, 23)).toBe(23);
  expect(offeredGb(12, 0)).toBe(0);
});

test('a machine of unknown memory is offered what the operator allows', () => {
  expect(offeredGb(12, undefined)).toBe(12);
});

test('a model stays in memory as configured, and not at all with claiming off', () => {
  expect(keepWarmMs(true, 300)).toBe(300_000);
  expect(keepWarmMs(true, 0)).toBe(0);
  expect(keepWarmMs(false, 300)).toBe(0);
});
