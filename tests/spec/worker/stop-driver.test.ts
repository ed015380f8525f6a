import { expect, test } from 'bun:test';
import { gpuId } from '../../../src/base/gpu-device.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import type { JobSlot } from '../../../src/jobs/slots/job-slot.ts';
import { toLogEntry } from '../../../src/log/message.ts';
import { createStopping } from '../../../src/worker/stop-driver.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const SLOTS: readonly JobSlot[] = [0, 1].map((index) => {
  const device = { vendor: 'nvidia', name: 'RTX 4090', uuid: `GPU-${index}`, index } as const;
  return { kind: 'gpu', id: gpuId(device), device, isOneOfSeveral: true };
});

/** A worker that is stopped while these jobs run. */
function stoppedDuring(...jobIds: readonly string[]) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const scheduler = createScheduler({ clock, slots: () => SLOTS });
  scheduler.setMax('studio', SLOTS.length);
  const leases = jobIds.map((purpose) => scheduler.reserve({ origin: 'studio', purpose }));
  const stopping = createStopping({ scheduler, clock, log, graceMs: () => 60_000 });
  stopping.signal();
  return { log, leases, stopping };
}

test('a stop names each of the jobs that it waits for', () => {
  const { log } = stoppedDuring('job-1', 'job-2');
  expect(log.find('stop.requested')?.fields).toEqual({ jobIds: ['job-1', 'job-2'], graceMs: 60_000 });
});

test('each job that is handed back is reported to the studio by its id', () => {
  const { log, leases, stopping } = stoppedDuring('job-1', 'job-2');
  stopping.signal();
  const handedBack = log.events.filter(({ event }) => event === 'job.handed-back');
  expect(handedBack.map((event) => toLogEntry(event)?.jobId)).toEqual(['job-1', 'job-2']);
  expect(leases.map((lease) => lease.is === 'leased' && lease.signal.aborted)).toEqual([true, true]);
});

test('a stop of an idle worker names no job', () => {
  expect(stoppedDuring().log.find('stop.requested')?.fields).toEqual({});
});
