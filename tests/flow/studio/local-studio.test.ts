import { expect, test } from 'bun:test';
import { parseJson } from '../../../src/contract/json.ts';
import { bareWorker, helloOf, jobOf } from '../../fakes/studio/bare-worker.ts';
import { aTask, anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { accept, anImage, failure, result, setup, working } from './local-studio-scene.ts';

const busy = (jobId: string) => ({
  type: 'reject',
  jobId,
  reason: 'worker already has an in-flight job',
  code: 'busy',
});

test('an offer carries the claim as the operator wrote it, seed included', async () => {
  await using world = await setup();
  await world.studio.createJob(aTask({ kind: 'image', prompt: 'a fox', seed: 9_007_199_254_740_993n }));
  const said = await world.studio.until('an offer', (event) => event.is === 'said' && event.type === 'offer');
  const { claim } = parseJson(said.is === 'said' ? said.text : '') as { claim: { task: unknown } };
  expect(claim.task).toMatchObject({ prompt: 'a fox', seed: 9_007_199_254_740_993n });
});

test('a job goes to the worker that names its engine, however long another waits', async () => {
  await using world = await setup(); // connected first, and names `synthetic` alone
  const credentials = await world.studio.enrol();
  const speaks = { modelEngines: ['synthetic'], extensionEngines: ['piper'] };
  using other = await bareWorker(credentials, speaks);
  const modelSource = { ...synthetic, engine: 'piper' };
  const job = await world.studio.createJob(aTask({ kind: 'audio_tts', text: 'hello' }), { modelSource });
  expect(jobOf(await other.next('offer'))).toBe(job.id);
  expect(world.worker.waiting).toEqual([]);
});

test('a worker that names no engine is offered nothing, until it does', async () => {
  await using studio = await fakeStudio();
  using worker = await bareWorker(await studio.enrol(), { modelEngines: undefined });
  const job = await studio.createJob(anLlmTask());
  for (let beats = 0; beats < 2; beats++) {
    await worker.heartbeat({ capabilities: someCapabilities({ modelEngines: [] }) });
  }
  expect(worker.waiting).toEqual([]);
  await worker.heartbeat();
  expect(jobOf(await worker.next('offer'))).toBe(job.id);
});

test('a job gets an id that stands in a URL as it is', async () => {
  await using world = await setup();
  expect((await world.studio.createJob(anLlmTask())).id).toMatch(/^job-[0-9a-f]{24}$/);
});

test('a finished JSON job is on record before it is acknowledged', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.send(result(job.id));
  await world.worker.next('completeAck');
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'completed', attempts: 1, result: { text: 'hello' } });
});

test('the next job is offered as soon as the last is done', async () => {
  await using world = await setup();
  const first = await working(world.studio, world.worker);
  const second = await world.studio.createJob(anLlmTask());
  world.worker.send(result(first.id));
  await world.worker.next('completeAck');
  expect(jobOf(await world.worker.next('offer'))).toBe(second.id);
});

test('an uploaded artifact can be downloaded again, byte for byte', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker, anImage);
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  expect((await world.worker.upload(job.id, bytes)).status).toBe(200);
  const download = await world.studio.operator('GET', `/jobs/${job.id}/artifact`);
  expect(new Uint8Array(await download.arrayBuffer())).toEqual(bytes);
  expect(download.headers.get('content-type')).toBe('image/webp');
});

test('an upload is followed by the next offer without a frame from the worker', async () => {
  await using world = await setup();
  const first = await working(world.studio, world.worker, anImage);
  const second = await world.studio.createJob(anLlmTask());
  await world.worker.upload(first.id);
  expect(jobOf(await world.worker.next('offer'))).toBe(second.id);
});

test('an upload for a job that is done or cancelled is answered 409', async () => {
  await using world = await setup();
  const done = await working(world.studio, world.worker, anImage);
  await world.worker.upload(done.id);
  expect((await world.worker.upload(done.id)).status).toBe(409);
  const cancelled = await working(world.studio, world.worker, anImage);
  await world.studio.operator('POST', `/jobs/${cancelled.id}/cancel`);
  expect((await world.worker.upload(cancelled.id)).status).toBe(409);
});

test('an upload that overtakes its accept is taken, and the accept is no violation', async () => {
  await using world = await setup();
  const job = await world.studio.createJob(anImage);
  await world.worker.next('offer');
  expect((await world.worker.upload(job.id)).status).toBe(200);
  world.worker.send(accept(job.id));
  await world.worker.heartbeat();
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
});

test('an upload cut short leaves the job running and nothing behind', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker, anImage);
  const headers = {
    authorization: `Bearer ${world.credentials.authToken}`,
    'content-type': 'multipart/form-data; boundary=b',
  };
  const url = `${world.studio.url}/graphics/api/workers/${world.credentials.workerId}/jobs/${job.id}/complete`;
  const body = '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\nhalf';
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(400);
  expect((await world.studio.job(job.id)).state).toBe('running');
});

test('a job that fails for now is tried three times, then failed', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  for (const attempt of [1, 2, 3]) {
    if (attempt > 1) {
      await world.worker.next('offer');
      world.worker.send(accept(job.id));
    }
    world.worker.send(failure(job.id, true));
    await world.worker.next('failAck');
  }
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'failed', attempts: 3, error: 'no luck' });
  expect((await world.studio.attempts(job.id)).map((attempt) => attempt.outcome)).toEqual([
    'failed',
    'failed',
    'failed',
  ]);
});

test('a worker that cannot read an offer fails it without accepting, and stays', async () => {
  await using world = await setup();
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send(failure(job.id, false));
  await world.worker.next('failAck');
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'failed', error: 'no luck' });
  await world.worker.heartbeat();
});

test('a job that can never succeed fails at once', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.send(failure(job.id, false));
  await world.worker.next('failAck');
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'failed', attempts: 1 });
});

test('a busy worker keeps the job free of charge until its idle heartbeat', async () => {
  await using world = await setup();
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send(busy(job.id));
  expect(await world.studio.jobIs(job.id, 'queued')).toMatchObject({ attempts: 0 });
  await world.worker.heartbeat();
  expect(jobOf(await world.worker.next('offer'))).toBe(job.id);
});

test('a job that an idle worker rejects twice lets others pass', async () => {
  await using world = await setup();
  const [first, second] = [await world.studio.createJob(anLlmTask()), await world.studio.createJob(anLlmTask())];
  for (const _time of [1, 2]) {
    expect(jobOf(await world.worker.next('offer'))).toBe(first.id);
    world.worker.send(busy(first.id));
    await world.worker.heartbeat();
  }
  expect(jobOf(await world.worker.next('offer'))).toBe(second.id);
  world.worker.send(accept(second.id));
  world.worker.send(result(second.id));
  await world.worker.next('completeAck');
  // Nobody else is left to go first.
  expect(jobOf(await world.worker.next('offer'))).toBe(first.id);
  expect(await world.studio.job(first.id)).toMatchObject({ attempts: 0 });
});

test('a job rejected for good goes to another worker', async () => {
  await using world = await setup();
  using other = await bareWorker(await world.studio.enrol());
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send({ type: 'reject', jobId: job.id, reason: 'I do not like it' });
  expect(jobOf(await other.next('offer'))).toBe(job.id);
});

test('an offer without an answer goes back to the queue after ten seconds', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  clock.advance(10_000);
  expect(await world.studio.jobIs(job.id, 'queued')).toMatchObject({ attempts: 0 });
});

test('the worker that is connected longest and fits is asked first', async () => {
  await using world = await setup();
  using small = await bareWorker(await world.studio.enrol(), { vramThresholdGb: 40 });
  await world.studio.createJob(anLlmTask(), { vramGbEstimate: 30 });
  expect((await small.next('offer')).type).toBe('offer');
  expect(world.worker.waiting).toEqual([]);
});

test('a worker with claiming off is offered no job', async () => {
  await using world = await setup();
  const paused = { capabilities: { ...helloOf(world.credentials).capabilities, autoEnabled: false } };
  await world.worker.heartbeat(paused);
  await world.studio.createJob(anLlmTask());
  await world.worker.heartbeat(paused);
  expect(world.worker.waiting).toEqual([]);
});

test('a cancelled job is no longer held, and its result is acknowledged and discarded', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  await world.studio.operator('POST', `/jobs/${job.id}/cancel`);
  expect(await world.worker.heartbeat({ currentJobId: job.id })).toMatchObject({
    claim: { held: false, because: 'cancelled' },
  });
  world.worker.send(result(job.id));
  await world.worker.next('completeAck');
  expect((await world.studio.job(job.id)).state).toBe('cancelled');
});

test('a cancel reaches our worker at once, any other at its next heartbeat', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  await world.worker.heartbeat({ currentJobId: job.id, capabilities: someCapabilities({ extensionEngines: [] }) });
  await world.studio.operator('POST', `/jobs/${job.id}/cancel`);
  expect(await world.worker.next('heartbeatAck')).toMatchObject({
    claim: { jobId: job.id, held: false, because: 'cancelled' },
  });
  using foreign = await bareWorker(await world.studio.enrol());
  const other = await working(world.studio, foreign);
  await world.studio.operator('POST', `/jobs/${other.id}/cancel`);
  await foreign.heartbeat({ currentJobId: other.id });
  expect(foreign.waiting).toEqual([]);
});

test('attempts are numbered on when an operator retries a job', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.send(failure(job.id, false));
  await world.studio.jobIs(job.id, 'failed');
  await world.studio.operator('POST', `/jobs/${job.id}/retry`);
  await world.worker.next('failAck');
  await world.worker.next('offer');
  world.worker.send(accept(job.id));
  await world.studio.jobIs(job.id, 'running');
  expect((await world.studio.attempts(job.id)).map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'failed'],
    [2, 'open'],
  ]);
});

test('an operator retries what failed, and nothing else', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  expect((await world.studio.operator('POST', `/jobs/${job.id}/retry`)).status).toBe(409);
  world.worker.send(failure(job.id, false));
  await world.worker.next('failAck');
  expect((await world.studio.operator('POST', `/jobs/${job.id}/retry`)).status).toBe(200);
  expect(jobOf(await world.worker.next('offer'))).toBe(job.id);
});

test('log lines of workers are kept in order and read page by page', async () => {
  await using world = await setup();
  const entry = (message: string) => ({ ts: '2026-05-25T12:00:00.000Z', level: 'info', category: 'ws', message });
  world.worker.send({ type: 'logBatch', entries: ['a', 'b', 'c'].map(entry) });
  await world.worker.heartbeat();
  const page = await world.studio.operator('GET', '/logs?after=1&limit=1');
  expect(await page.json()).toMatchObject({ lines: [{ seq: 2, message: 'b' }] });
});
