import { expect, test } from 'bun:test';
import { afterFailure } from '../../../../src/local-studio/queue/endings.ts';

test('a job is failed after its last attempt, or when trying again is pointless', () => {
  expect(afterFailure({ attempts: 2, maxAttempts: 3 }, true)).toBe('queued');
  expect(afterFailure({ attempts: 3, maxAttempts: 3 }, true)).toBe('failed');
  expect(afterFailure({ attempts: 1, maxAttempts: 3 }, false)).toBe('failed');
});
