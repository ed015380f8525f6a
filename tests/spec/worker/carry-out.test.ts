import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { createRegistry } from '../../../src/engines/registry.ts';
import type { JobOutcome } from '../../../src/jobs/job.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import type { DeliveryReport } from '../../../src/jobs/delivery-report.ts';
import { createCarryOut } from '../../../src/worker/carry-out.ts';
import { createWorkerEvents, type WorkerEvent } from '../../../src/worker/events.ts';
import { aJob, heldFiles } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { transient, trusting, unrepeated, unwatched } from '../../fakes/output-check.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';

/** Jobs of an engine, and of a sink, that end when the test says so. */
function setup(about: { releaseFails?: boolean } = {}) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const engine = new ScriptedEngine();
  const scheduler = createScheduler({ clock });
  const events = createWorkerEvents(log);
  const happened: WorkerEvent[] = [];
  events.subscribe((event) => void happened.push(event));
  const leases = { open: 0 };
  const made: string[] = [];
  const jobs = createCarryOut({
    runDeps: {
      registry: createRegistry([engine]),
      repeats: unrepeated,
      memory: unwatched,
      models: transient,
      outputCheck: trusting,
      clock,
    },
    store: {
      lease: () => {
        leases.open += 1;
        return {
          filesFor: () => Promise.resolve(heldFiles),
          [Symbol.asyncDispose]: () => {
            leases.open -= 1;
            return about.releaseFails ? Promise.reject(new WorkerError('internal', 'EACCES')) : Promise.resolve();
          },
        } as never;
      },
    },
    onTaken: ({ model }) => void made.push(model),
    events,
    clock,
    log,
  });
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
    return { lease, done: jobs.carryOut(job, lease) };
  };
  const names = () => happened.map((event) => (event.is === 'phase' ? `phase ${event.phase}` : event.is));
  return { clock, log, engine, scheduler, happened, leases, made, jobs, delivered, delivery, start, names };
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

test('the slot and files are held exactly until delivery', async () => {
  const { engine, scheduler, leases, delivery, start, jobs } = setup();
  const { done, lease } = start();
  (await engine.started()).finish();
  await settle();
  expect(lease.phase).toBe('delivering');
  expect(leases.open).toBe(0); // a result needs no model
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
  const { made, start } = setup();
  start();
  expect(made).toEqual(['synthetic']);
});

test('files that cannot be released cost the job neither its result nor its slot', async () => {
  const { engine, scheduler, delivered, delivery, log, start } = setup({ releaseFails: true });
  const { done } = start();
  (await engine.started()).finish();
  delivery.resolve({ is: 'delivered' });
  await done;
  expect(delivered).toMatchObject([{ is: 'completed' }]);
  expect(log.find('lease.not-released')?.fields).toMatchObject({ jobId: 'job-1', error: 'EACCES' });
  expect(scheduler.held).toEqual([]);
});
