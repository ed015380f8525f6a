import { expect, test } from 'bun:test';
import { afterUnnamedBeat } from '../../../../src/local-studio/queue/accepted-job.ts';

test('one heartbeat without the job may have crossed its accept, two free the worker', () => {
  const running = { jobId: 'job-1', revoked: false, unnamed: 0 };
  const once = afterUnnamedBeat(running);
  expect(once).toEqual({ ...running, unnamed: 1 });
  expect(afterUnnamedBeat({ ...running, unnamed: 1 })).toBeUndefined();
  expect(afterUnnamedBeat({ ...running, revoked: true })).toBeUndefined();
});
