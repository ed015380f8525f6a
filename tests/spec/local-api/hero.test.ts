import { expect, test } from 'bun:test';
import { toWorkerId } from '../../../src/base/ids.ts';
import { heroOf } from '../../../src/local-api/view/hero.ts';
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
  expect(heroOf(idle)).toBe('idle');
  expect(heroOf(busy)).toBe('busy');
  expect(heroOf({ ...idle, enabled: false })).toBe('paused');
  expect(heroOf({ ...idle, paused: true })).toBe('paused');
  expect(heroOf({ ...busy, paused: true })).toBe('draining');
  expect(heroOf({ ...busy, enabled: false })).toBe('draining');
  expect(heroOf({ ...busy, stopping: true })).toBe('draining');
  expect(heroOf({ ...busy, update: { at: 'draining' } })).toBe('draining');
  expect(heroOf({ ...busy, session: { at: 'connecting' } })).toBe('disconnected');
  expect(heroOf({ ...idle, enabled: false, session: { at: 'gave-up', because: '' } })).toBe('disconnected');
  expect(heroOf({ ...busy, registration: { at: 'pristine' } })).toBe('not-registered');
  expect(heroOf({ ...busy, registration: { at: 'pending', requestId: 'r', since: 0 } })).toBe('waiting');
  expect(heroOf({ ...idle, stopping: true, registration: { at: 'rejected', reason: '' } })).toBe('rejected');
});
