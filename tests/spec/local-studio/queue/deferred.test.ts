import { expect, test } from 'bun:test';
import { defer, type Deferred, passedOver } from '../../../../src/local-studio/queue/deferred.ts';

test('a job is passed over after the second "not now", for ten minutes', () => {
  const deferred: Deferred = new Map();
  defer(deferred, 7, 0);
  expect(passedOver(deferred, 1)).toEqual([]);
  defer(deferred, 7, 1);
  expect(passedOver(deferred, 600_000)).toEqual([7]);
  expect(passedOver(deferred, 600_001)).toEqual([]);
  defer(deferred, 7, 600_002);
  expect(passedOver(deferred, 600_003)).toEqual([]);
});

test('no more jobs are passed over than a look-up can skip', () => {
  const deferred: Deferred = new Map();
  for (let seq = 0; seq < 100; seq++) for (const now of [1, 2]) defer(deferred, seq, now);
  expect(passedOver(deferred, 3)).toEqual(Array.from({ length: 40 }, (_, seq) => seq));
});
