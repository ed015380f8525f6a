import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { backoffMs, jittered } from '../../../../src/studio/session/backoff.ts';

test('the wait doubles from one second to thirty and stays there', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(backoffMs)).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test('any number of failures waits between one and thirty seconds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer()), (failures) => {
      const ms = backoffMs(failures);
      expect(ms >= 1_000 && ms <= 30_000).toBe(true);
    }),
  );
});

test('more failures never wait less', () => {
  fc.assert(fc.property(fc.nat(), (failures) => expect(backoffMs(failures + 1) >= backoffMs(failures)).toBe(true)));
});

test('chance adds up to a quarter and never takes away', () => {
  fc.assert(
    fc.property(fc.nat(300_000), fc.double(), (ms, unit) => {
      const wait = jittered(ms, unit);
      expect(wait >= ms && wait <= Math.ceil(ms * 1.25)).toBe(true);
    }),
  );
  expect(jittered(1_000, 0.999_999)).toBe(1_250);
});
