import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import type { JobOutcome } from '../../../src/jobs/job.ts';
import type { DeliveryReport } from '../../../src/jobs/delivery-report.ts';
import { aJobExecutor } from '../../fakes/a-job-executor.ts';
import { gpuId } from '../../../src/base/gpu-device.ts';
import { aJob } from '../../fakes/builders.ts';
import { FOUR_GPUS } from '../../fakes/engines/gpu-access.ts';
import { settle } from '../../fakes/system/fake-clock.ts';

/** Jobs of an engine, and of a sink, that end when the test says so. */
function setup(about: Parameters<typeof aJobExecutor>[0] = {}) {
  const carrier = aJobExecutor(about);
  const { scheduler, happened, jobs } = carrier;
  const delivered: JobOutcome[] = [];
  const delivery = Promise.withResolvers<DeliveryReport>();
  const sink = {
    deliver: (outcome: JobOutcome) => {
      delivered.push(outcome);
      return delivery.promise;
    },
  };
  const start = (job = aJob({}, sink)) => {
    const lease = scheduler.reserve({ origin: 'studio', purpose: job.id });
    if (lease.is === 'refused') throw new WorkerError('internal', 'no slot');
    return { lease, done: jobs.execute(job, lease) };
  };
  const names = () => happened.map((event) => (event.is === 'phase' ? `phase ${event.phase}` : event.is));
  return { ...carrier, delivered, delivery, start, names };
}

test('a job tells its story from its acceptance to its delivery, each step once', async () => {
  const { engine, start, names, delivery, happened } = setup();
  const { done } = start();
  const job = await engine.started();
  job.finish();
  delivery.resolve({ is: 'delivered' });
  await done;
  expect(names().filter((name) => name !== 'progress')).toEqual([
    'accepted',
    'phase loading',
    'phase running',
    'phase checking',
    'phase delivering',
    'outcome',
    'delivery',
  ]);
  expect(happened.find(({ is }) => is === 'outcome')).toMatchObject({ job: { status: 'undelivered' } });
});

test('a job names its GPU from its acceptance to its end', async () => {
  const slots = FOUR_GPUS.map((device) => ({ kind: 'gpu', id: gpuId(device), device, isOneOfSeveral: true }) as const);
  const { engine, start, jobs, delivery, happened, log } = setup({ slots });
  const { done } = start();
  (await engine.started()).finish();
  await settle();
  expect(jobs.running()).toMatchObject([{ gpu: 'RTX 4090 #0' }]);
  delivery.resolve({ is: 'delivered' });
  await done;
  expect(log.find('job.ran')?.fields).toMatchObject({ gpu: 'RTX 4090 #0' });
  for (const is of ['accepted', 'outcome']) {
    expect(happened.find((event) => event.is === is)).toMatchObject({ job: { gpu: 'RTX 4090 #0' } });
  }
});

test('the slot and files are held exactly until delivery', async () => {
  const { engine, scheduler, holds, delivery, start, jobs } = setup();
  const { done, lease } = start();
  (await engine.started()).finish();
  await settle();
  expect(lease.phase).toBe('delivering');
  expect(holds.open).toBe(0); // a result needs no model
  expect(jobs.running()).toMatchObject([{ jobId: 'job-1', status: 'running', phase: 'delivering' }]);
  expect(scheduler.held).toHaveLength(1);
  delivery.resolve({ is: 'delivered' });
  await done;
  expect(scheduler.held).toEqual([]);
  expect(jobs.running()).toEqual([]);
});

test('a job that fails is delivered as a failure, and frees its slot', async () => {
  const { engine, scheduler, delivered, delivery, start } = setup();
  const { done } = start();
  (await engine.started()).fail(new WorkerError('engine.failed', 'no'));
  delivery.resolve({ is: 'reported' });
  await done;
  expect(delivered).toMatchObject([{ is: 'failed', error: { code: 'engine.failed' } }]);
  expect(scheduler.held).toEqual([]);
});

test('nothing else is loaded before the model of the job that was taken', () => {
  const { taken, start } = setup();
  start();
  expect(taken).toEqual(['synthetic']);
});

test('files that cannot be released cost the job neither its result nor its slot', async () => {
  const { engine, scheduler, delivered, delivery, log, start } = setup({ releaseFails: true });
  const { done } = start();
  (await engine.started()).finish();
  delivery.resolve({ is: 'delivered' });
  await done;
  expect(delivered).toMatchObject([{ is: 'completed' }]);
  expect(log.find('files.not-released')?.fields).toMatchObject({ jobId: 'job-1', error: 'EACCES' });
  expect(scheduler.held).toEqual([]);
});
