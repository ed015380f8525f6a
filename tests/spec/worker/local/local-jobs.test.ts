import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { createLocalJobs, type Requester } from '../../../../src/worker/local/local-jobs.ts';
import type { OfferFacts } from '../../../../src/worker/rules/offer-facts.ts';
import { toJobId, toModelId } from '../../../../src/base/ids.ts';
import { aJobExecutor } from '../../../fakes/a-job-executor.ts';
import { anLlmTask, synthetic } from '../../../fakes/builders.ts';
import { FIT } from '../../../fakes/offer-facts.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';

/** Local jobs on an engine whose runs end when the test says so. */
function setup() {
  const { clock, engine, scheduler, happened, jobs: carrier } = aJobExecutor();
  const facts: { now: Partial<OfferFacts> } = { now: {} };
  let ids = 0;
  const jobs = createLocalJobs({
    scheduler,
    jobs: carrier,
    offerFacts: { factsFor: () => ({ ...FIT, ...facts.now }), wishFor: () => ({ needs: 'gpu' }) },
    newId: () => String((ids += 1)),
  });
  const ask = (requester: Partial<Requester> = {}) =>
    jobs.run(
      { model: toModelId('synthetic'), task: anLlmTask(), source: synthetic, vramGbEstimate: 0 },
      { signal: new AbortController().signal, ...requester },
    );
  /** The code that a request fails with. */
  const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'no error',
      (thrown: unknown) => (thrown instanceof WorkerError ? thrown.code : thrown),
    );
  return { clock, engine, scheduler, happened, facts, jobs, ask, codeOf };
}

test('the requester gets the result, and history the job with its origin', async () => {
  const { engine, ask, happened, scheduler } = setup();
  const asked = ask();
  (await engine.started()).finish({ is: 'json', value: { text: 'hello' } });
  expect(await asked).toMatchObject({ is: 'completed', result: { value: { text: 'hello' } } });
  await settle();
  expect(happened.find(({ is }) => is === 'outcome')).toMatchObject({ job: { jobId: 'local-1', origin: 'local' } });
  expect(happened.at(-1)).toEqual({ is: 'delivery', jobId: toJobId('local-1'), report: { is: 'delivered' } });
  expect(scheduler.held).toEqual([]);
});

test('what the job failed with is what the request fails with', async () => {
  const { engine, ask, codeOf } = setup();
  const asked = codeOf(ask());
  (await engine.started()).fail(new WorkerError('engine.failed', 'no'));
  expect(await asked).toBe('engine.failed');
});

test('a request waits for the job that runs, and is the next in line', async () => {
  const { engine, ask, scheduler, jobs } = setup();
  const studioJob = scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  const asked = ask();
  expect(jobs.waiting).toBe(1);
  if (studioJob.is === 'leased') studioJob[Symbol.dispose]();
  expect(scheduler.held).toMatchObject([{ origin: 'local', purpose: 'local-1' }]);
  (await engine.started()).finish();
  expect(await asked).toMatchObject({ is: 'completed' });
  expect(jobs.waiting).toBe(0);
});

test('one request too many is refused at once instead of left to wait', async () => {
  const { ask, codeOf, scheduler, jobs } = setup();
  scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  const abort = new AbortController();
  const waiting = Array.from({ length: 16 }, () => codeOf(ask({ signal: abort.signal })));
  expect(await codeOf(ask())).toBe('local.busy');
  abort.abort();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['job.cancelled']));
  expect(jobs.waiting).toBe(0);
});

test('a request that has waited too long is told who holds the machine', async () => {
  const { clock, ask, scheduler } = setup();
  scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  const asked = ask().catch((thrown: unknown) => thrown);
  clock.advance(10 * 60_000);
  expect(await asked).toMatchObject({ code: 'local.busy', message: 'this worker is busy with job-1' });
});

test('a request whose asker goes away gives its place in line back', async () => {
  const { engine, ask, codeOf, scheduler } = setup();
  const studioJob = scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  const abort = new AbortController();
  const gone = codeOf(ask({ signal: abort.signal }));
  const second = ask();
  abort.abort();
  expect(await gone).toBe('job.cancelled');
  if (studioJob.is === 'leased') studioJob[Symbol.dispose]();
  (await engine.started()).finish();
  expect((await second).job.id).toBe(toJobId('local-2'));
});

test('a running job is cancelled once its asker goes away, and frees its slot', async () => {
  const { engine, ask, codeOf, scheduler, happened } = setup();
  const abort = new AbortController();
  const asked = codeOf(ask({ signal: abort.signal }));
  await engine.started();
  abort.abort();
  expect(await asked).toBe('job.cancelled');
  await settle();
  expect(scheduler.held).toEqual([]);
  expect(happened.find(({ is }) => is === 'outcome')).toMatchObject({ job: { status: 'cancelled' } });
});

test('a request whose asker went away before it began takes no slot', async () => {
  const { ask, codeOf, scheduler } = setup();
  expect(await codeOf(ask({ signal: AbortSignal.abort() }))).toBe('job.cancelled');
  expect(scheduler.held).toEqual([]);
});

test('claiming that is off keeps studios away, not the operator', async () => {
  const { engine, ask, facts } = setup();
  facts.now = { claimingOff: true, onlyWhenIdle: true, userPresence: 'active', thresholdGb: 0 };
  const asked = ask();
  (await engine.started()).finish();
  expect(await asked).toMatchObject({ is: 'completed' });
});

test.each([
  ['stopping', { live: { ...FIT.live, stopping: true } }],
  ['quarantine', { live: { ...FIT.live, quarantinedMs: 60_000 } }],
  ['device', { cpuRefusal: 'it would run on the CPU' }],
  ['load-failed', { live: { ...FIT.live, loadFailure: 'its file is damaged' } }],
] as const)('the rule %s refuses a local request as it does an offer', async (rule, now) => {
  const { ask, facts, scheduler } = setup();
  facts.now = now;
  const refusal = await ask().catch((thrown: unknown) => thrown);
  expect(refusal).toMatchObject({ code: 'local.unfit', fields: { rule } });
  expect(scheduler.held).toEqual([]);
});

test('what became unfit while it waited is refused, and its slot is free', async () => {
  const { ask, codeOf, facts, scheduler } = setup();
  const studioJob = scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  const asked = codeOf(ask());
  facts.now = { live: { ...FIT.live, stopping: true } };
  if (studioJob.is === 'leased') studioJob[Symbol.dispose]();
  expect(await asked).toBe('local.unfit');
  expect(scheduler.held).toEqual([]);
});
