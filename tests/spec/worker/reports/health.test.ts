import { expect, test } from 'bun:test';
import { toWorkerId } from '../../../../src/base/ids.ts';
import { toJob } from '../../../../src/jobs/job.ts';
import { CPU_SLOT } from '../../../../src/jobs/slots/job-slot.ts';
import { runningRecord } from '../../../../src/jobs/job-record.ts';
import type { SessionStatus } from '../../../../src/studio/session/session.ts';
import { type HealthFacts, healthLine, isHealthy } from '../../../../src/worker/reports/health.ts';
import type { WorkerStatus } from '../../../../src/worker/status.ts';
import { anOffer } from '../../../fakes/builders.ts';
import { aWorker } from '../../cli/a-worker.ts';

const HOUR_MS = 3_600_000;
const NOWHERE = { deliver: () => Promise.resolve({ is: 'delivered' } as const) };
/** Nothing has moved for an hour, and nothing was acknowledged. */
const quiet = (status: Partial<WorkerStatus>, about: Partial<HealthFacts> = {}): boolean =>
  isHealthy({ status: aWorker(status), sinceAckMs: HOUR_MS, sinceMoveMs: HOUR_MS, ...about });

test('a live session is healthy as long as the studio acknowledges heartbeats', () => {
  expect(quiet({}, { sinceAckMs: 59_000 })).toBe(true);
  expect(quiet({}, { sinceAckMs: 61_000 })).toBe(false);
});

test('a session that has just become live has time for its first acknowledgement', () => {
  expect(quiet({}, { sinceAckMs: Number.POSITIVE_INFINITY, sinceMoveMs: 59_000 })).toBe(true);
});

test('a worker awaiting approval, or rejected, stays healthy', () => {
  const session = { at: 'idle' } as const;
  expect(quiet({ session, registration: { at: 'pending', requestId: 'r', since: 0 } })).toBe(true);
  expect(quiet({ session, registration: { at: 'rejected', reason: 'no' } })).toBe(true);
  expect(quiet({ session, registration: { at: 'pristine' } })).toBe(true);
});

test('an approved worker that never opens a session is not healthy', () => {
  const approved = { session: { at: 'idle' }, registration: { at: 'approved', workerId: toWorkerId('w') } } as const;
  expect(quiet(approved, { sinceMoveMs: 59_000 })).toBe(true);
  expect(quiet(approved)).toBe(false);
});

test('a pause between two attempts is healthy until it should have ended', () => {
  expect(quiet({ session: { at: 'backing-off', failures: 9, retryInMs: 1, because: 'silence' } })).toBe(true);
  expect(quiet({ session: { at: 'backing-off', failures: 9, retryInMs: 0, because: 'silence' } })).toBe(false);
});

test.each<SessionStatus>([
  { at: 'connecting' },
  { at: 'greeting' },
  { at: 'stopped' },
  { at: 'refused', code: 4001, because: 'auth' },
  { at: 'gave-up', because: 'often' },
])('a session that is stuck at $at is not healthy for ever', (session) => {
  expect(quiet({ session }, { sinceMoveMs: 59_000 })).toBe(true);
  expect(quiet({ session })).toBe(false);
});

test('a worker that stops is left to its own limits', () => {
  expect(quiet({ stopping: true })).toBe(true);
});

test('a worker with several jobs is described by their number', () => {
  const jobs = ['job-1', 'job-2', 'job-3'].map((id) =>
    runningRecord({ job: toJob(anOffer({ id }), NOWHERE), slot: CPU_SLOT, startedAt: 0, phase: 'running' }),
  );
  expect(healthLine(aWorker({ runningJobs: jobs.slice(0, 1) }))).toBe('connected, llm job on synthetic');
  expect(healthLine(aWorker({ runningJobs: jobs }))).toBe('connected, 3 jobs');
  expect(healthLine(aWorker({ runningJobs: jobs, stopping: true }))).toBe('stopping after the running 3 jobs');
});

test.each<[Partial<WorkerStatus>, string]>([
  [{}, 'connected, no job'],
  [{ enabled: false }, 'connected, taking no jobs (switched off), no job'],
  [{ paused: true }, 'connected, taking no jobs (paused), no job'],
  [{ stopping: true }, 'stopping'],
  [{ session: { at: 'idle' }, registration: { at: 'pristine' } }, 'registering'],
  [{ session: { at: 'connecting' } }, 'connecting'],
  [
    { session: { at: 'idle' }, registration: { at: 'pending', requestId: 'r', since: 0 } },
    'waiting for approval by the operator of the studio',
  ],
  [{ session: { at: 'idle' }, registration: { at: 'rejected', reason: 'no' } }, 'rejected by the studio: no'],
  [
    { session: { at: 'backing-off', failures: 2, retryInMs: 4_000, because: 'silence' } },
    'reconnecting in 4.0 s after 2 failed attempts',
  ],
  [{ session: { at: 'refused', code: 4001, because: 'bad token' } }, 'refused: bad token'],
])('a worker is described in one line: %j', (status, line) => {
  expect(healthLine(aWorker(status))).toBe(line);
});
