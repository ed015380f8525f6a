import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { cancelRunning, studioJobs } from '../../../src/jobs/held.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const reason = new WorkerError('job.cancelled', 'the operator cancelled the job');

test('a heartbeat names the studio’s jobs and no other lease', () => {
  const scheduler = createScheduler({ clock: new FakeClock() });
  const update = scheduler.reserve({ origin: 'maintenance', purpose: 'update 0.6.0' });
  expect(studioJobs(scheduler)).toEqual([]);
  if (update.is === 'leased') update[Symbol.dispose]();
  scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  expect(studioJobs(scheduler)).toEqual([toJobId('job-1')]);
});

test('a running job is cancelled with the reason given, a delivered one no more', () => {
  const scheduler = createScheduler({ clock: new FakeClock() });
  const lease = scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  if (lease.is !== 'leased') throw reason;
  expect(cancelRunning(scheduler, toJobId('job-2'), reason)).toBe(false);
  expect(cancelRunning(scheduler, toJobId('job-1'), reason)).toBe(true);
  expect([lease.signal.aborted, lease.signal.reason]).toEqual([true, reason]);
});

test('a job whose result is on its way is not cancelled', () => {
  const scheduler = createScheduler({ clock: new FakeClock() });
  const lease = scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  if (lease.is !== 'leased') throw reason;
  lease.phase = 'delivering';
  expect([cancelRunning(scheduler, toJobId('job-1'), reason), lease.signal.aborted]).toEqual([false, false]);
});
