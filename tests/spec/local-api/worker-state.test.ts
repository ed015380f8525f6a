import { expect, test } from 'bun:test';
import { toWorkerId } from '../../../src/base/ids.ts';
import { workerStateOf } from '../../../src/local-api/view/worker-state.ts';
import { aRunningJob } from '../cli/a-worker.ts';

const idle = {
  registration: { at: 'approved', workerId: toWorkerId('w') },
  session: { at: 'live' },
  stopping: false,
  enabled: true,
  paused: false,
  runningJobs: [],
} as const;

test('each worker state has one word, and studio trouble comes first', () => {
  const busy = { ...idle, runningJobs: [aRunningJob()] };
  expect(workerStateOf(idle)).toBe('idle');
  expect(workerStateOf(busy)).toBe('busy');
  expect(workerStateOf({ ...idle, enabled: false })).toBe('paused');
  expect(workerStateOf({ ...idle, paused: true })).toBe('paused');
  expect(workerStateOf({ ...busy, paused: true })).toBe('draining');
  expect(workerStateOf({ ...busy, enabled: false })).toBe('draining');
  expect(workerStateOf({ ...busy, stopping: true })).toBe('draining');
  expect(workerStateOf({ ...busy, update: { at: 'draining' } })).toBe('draining');
  expect(workerStateOf({ ...busy, session: { at: 'connecting' } })).toBe('disconnected');
  expect(workerStateOf({ ...idle, enabled: false, session: { at: 'gave-up', because: '' } })).toBe('disconnected');
  expect(workerStateOf({ ...busy, registration: { at: 'pristine' } })).toBe('not-registered');
  expect(workerStateOf({ ...busy, registration: { at: 'pending', requestId: 'r', since: 0 } })).toBe('waiting');
  expect(workerStateOf({ ...idle, stopping: true, registration: { at: 'rejected', reason: '' } })).toBe('rejected');
});
