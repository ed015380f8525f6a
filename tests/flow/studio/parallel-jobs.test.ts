import { expect, test } from 'bun:test';
import { anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { type BareWorker, bareWorker, bareSocket, helloOf, jobOf, welcomed } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio, type FakeStudioOptions } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { accept, anImage, failure, result } from './local-studio-scene.ts';

/** A studio, and a worker with four GPUs that it has welcomed. */
async function setup(options: FakeStudioOptions = {}, about: object = { maxParallelJobs: 4 }) {
  const studio = await fakeStudio(options);
  const credentials = await studio.enrol();
  const capabilities = someCapabilities(about);
  const worker = await bareWorker(credentials, capabilities);
  return {
    studio,
    credentials,
    capabilities,
    worker,
    /** A heartbeat that names these jobs, and the answer to each. */
    beat: async (from: BareWorker, ...currentJobIds: readonly string[]) => {
      const answers = [await from.heartbeat({ capabilities, currentJobIds })];
      while (answers.length < currentJobIds.length) answers.push(await from.next('heartbeatAck'));
      return answers.map(({ claim }) => claim);
    },
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await studio[Symbol.asyncDispose]();
    },
  };
}

/** Queues so many jobs, of which the worker accepts as many. */
async function accepted(studio: FakeStudio, worker: BareWorker, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) {
    const { id } = await studio.createJob(anImage);
    expect(jobOf(await worker.next('offer'))).toBe(id);
    worker.send(accept(id));
    await studio.jobIs(id, 'running');
    ids.push(id);
  }
  return ids;
}

const held = (jobId: string) => ({ jobId, held: true });

test('a welcome says how many jobs a worker may have, unless that is one', async () => {
  await using many = await setup();
  using socket = await bareSocket(many.credentials);
  socket.send(helloOf(many.credentials));
  expect(await socket.next('welcome')).toMatchObject({ max_parallel_jobs: 64 });

  await using one = await setup({ maxParallelJobs: 1 });
  using bare = await bareSocket(one.credentials);
  bare.send(helloOf(one.credentials));
  expect(await bare.next('welcome')).not.toHaveProperty('max_parallel_jobs');
});

test('a worker for four jobs gets four, and a fifth after one', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  const waiting = await Promise.all(Array.from({ length: 5 }, () => studio.createJob(anLlmTask())));
  const offered: string[] = [];
  while (offered.length < 4) {
    const id = jobOf(await worker.next('offer'));
    worker.send(accept(id));
    offered.push(id);
  }
  expect(await world.beat(worker, ...offered)).toEqual(offered.map(held));
  expect(worker.waiting).toEqual([]); // the heartbeat would have brought an offer
  expect(await waitsFor(studio, waiting)).toEqual(['rig-01 busy with 4 of 4 jobs']);

  const [first = ''] = offered;
  worker.send(result(first));
  expect(await worker.next('completeAck')).toMatchObject({ jobId: first });
  const fifth = jobOf(await worker.next('offer'));
  expect(new Set([...offered, fifth])).toEqual(new Set(waiting.map(({ id }) => id)));
});

test('a worker that does not say how many gets one job at a time', async () => {
  await using world = await setup({}, {});
  const [first = ''] = await accepted(world.studio, world.worker, 1);
  await world.studio.createJob(anImage);
  await world.worker.heartbeat({ currentJobId: first });
  expect(world.worker.waiting).toEqual([]);
});

test('a studio that allows two gives a worker for four no more than two', async () => {
  await using world = await setup({ maxParallelJobs: 2 });
  const ids = await accepted(world.studio, world.worker, 2);
  await world.studio.createJob(anImage);
  await world.beat(world.worker, ...ids);
  expect(world.worker.waiting).toEqual([]);
});

test('a job goes to the emptier of two workers, however long connected', async () => {
  await using world = await setup();
  const { studio, worker, capabilities } = world;
  await accepted(studio, worker, 1);
  using other = await bareWorker(await studio.enrol(), capabilities);
  const { id } = await studio.createJob(anImage);
  expect(jobOf(await other.next('offer'))).toBe(id);
  other.send(accept(id));
  await studio.jobIs(id, 'running');
  await accepted(studio, worker, 1); // both have one: the one that came first
});

test('four jobs survive their socket when the next one names them', async () => {
  await using world = await setup();
  const { studio, worker, credentials } = world;
  const ids = await accepted(studio, worker, 4);
  studio.cut(credentials.workerId);
  await studio.until('the loss', (event) => event.is === 'disconnected');
  using again = await welcomed(credentials);
  expect(await world.beat(again, ...ids)).toEqual(ids.map(held));
  for (const id of ids) {
    again.send(result(id));
    await again.next('completeAck');
    expect(await studio.job(id)).toMatchObject({ state: 'completed', attempts: 1 });
  }
});

test('of four jobs the one that the next socket does not name is lost', async () => {
  await using world = await setup();
  const { studio, worker, credentials } = world;
  const [gone = '', ...kept] = await accepted(studio, worker, 4);
  studio.cut(credentials.workerId);
  await studio.until('the loss', (event) => event.is === 'disconnected');
  using again = await welcomed(credentials);
  expect(await world.beat(again, ...kept)).toEqual(kept.map(held));
  expect(jobOf(await again.next('offer'))).toBe(gone);
  expect(await studio.attempts(gone)).toMatchObject([{ outcome: 'lost' }]);
});

test('jobs that nobody names end, and the others go on', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  const [first = '', second = ''] = await accepted(studio, worker, 4);
  for (let beat = 0; beat < 2; beat++) await world.beat(worker, first, second);
  const next = await studio.createJob(anImage);
  expect(jobOf(await worker.next('offer'))).toBe(next.id);
  expect(await world.beat(worker, first, second)).toEqual([held(first), held(second)]);
});

test('a worker that stays away loses all its jobs after thirty seconds', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const ids = await accepted(world.studio, world.worker, 4);
  world.studio.cut(world.credentials.workerId);
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  clock.advance(30_000);
  for (const id of ids) expect(await world.studio.jobIs(id, 'queued')).toMatchObject({ attempts: 1 });
});

test('cancelling one of four jobs leaves the other three alone', async () => {
  await using world = await setup({}, { maxParallelJobs: 4, extensionEngines: [] });
  const { studio, worker } = world;
  const [gone = '', ...kept] = await accepted(studio, worker, 4);
  await world.beat(worker, gone, ...kept);
  expect((await studio.operator('POST', `/jobs/${gone}/cancel`)).status).toBe(200);
  expect(await worker.next('heartbeatAck')).toMatchObject({
    claim: { jobId: gone, held: false, because: 'cancelled' },
  });
  worker.send(failure(gone, true));
  await worker.next('failAck');
  expect(await world.beat(worker, ...kept)).toEqual(kept.map(held));
  expect(await studio.job(gone)).toMatchObject({ state: 'cancelled' });
});

test('an upload frees its place, and the answer comes before the next offer', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  const [first = ''] = await accepted(studio, worker, 4);
  const next = await studio.createJob(anImage);
  expect((await worker.upload(first)).status).toBe(200);
  expect(jobOf(await worker.next('offer'))).toBe(next.id);
});

test('a worker that could not take a job is asked again once another ended', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  const [first = ''] = await accepted(studio, worker, 1);
  const { id } = await studio.createJob(anImage);
  await worker.next('offer');
  worker.send({ type: 'reject', jobId: id, reason: 'no space', code: 'insufficient_memory' });
  worker.send(result(first));
  await worker.next('completeAck');
  expect(jobOf(await worker.next('offer'))).toBe(id);
});

/** Where jobs go that the worker's other engine does. */
const onPiper = { model: 'voice', modelSource: { ...synthetic, engine: 'piper' } };
const busy = (jobId: string) => ({
  type: 'reject',
  jobId,
  reason: 'worker already has an in-flight job',
  code: 'busy',
});

test('a worker too busy for one engine is asked for another’s jobs at once', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock }, { maxParallelJobs: 4, modelEngines: ['synthetic', 'piper'] });
  const { studio, worker } = world;
  const [first = ''] = await accepted(studio, worker, 1);
  const speech = await studio.createJob(anImage, onPiper);
  expect(jobOf(await worker.next('offer'))).toBe(speech.id);
  const next = await studio.createJob(anImage);
  worker.send(busy(speech.id));
  expect(jobOf(await worker.next('offer'))).toBe(next.id);
  worker.send(accept(next.id));
  await studio.jobIs(next.id, 'running');
  expect(await world.beat(worker, first, next.id)).toHaveLength(2);
  expect(worker.waiting).toEqual([]); // asked again when one of its jobs ends
  worker.send(result(first));
  await worker.next('completeAck');
  expect(jobOf(await worker.next('offer'))).toBe(speech.id);

  worker.send(busy(speech.id));
  await studio.jobIs(speech.id, 'queued');
  clock.advance(20_000);
  await world.beat(worker, next.id);
  expect(worker.waiting).toEqual([]);
  clock.advance(10_000);
  await world.beat(worker, next.id); // what else the machine ran may have ended
  expect(jobOf(await worker.next('offer'))).toBe(speech.id);
});

test('jobs that a busy worker had no slot for keep their order', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  let [running = ''] = await accepted(studio, worker, 1);
  const queued = [];
  for (let made = 0; made < 3; made++) queued.push((await studio.createJob(anImage)).id);
  expect(jobOf(await worker.next('offer'))).toBe(queued[0] ?? '');
  worker.send(busy(queued[0] ?? ''));
  for (const id of queued) {
    await world.beat(worker, running);
    worker.send(result(running));
    await worker.next('completeAck');
    expect(jobOf(await worker.next('offer'))).toBe(id);
    worker.send(accept(id));
    running = id;
    if (id === queued.at(-1)) break;
    const refused = jobOf(await worker.next('offer'));
    worker.send(busy(refused));
  }
});

test('an offer that is not answered in time leaves the running jobs alone', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const { studio, worker } = world;
  const ids = await accepted(studio, worker, 3);
  const unanswered = await studio.createJob(anImage);
  await worker.next('offer');
  clock.advance(10_000);
  await studio.jobIs(unanswered.id, 'queued');
  expect(await world.beat(worker, ...ids)).toEqual(ids.map(held));
  expect(jobOf(await worker.next('offer'))).toBe(unanswered.id);
});

test('the operator sees all jobs of a worker, and how many it takes', async () => {
  await using world = await setup();
  const ids = await accepted(world.studio, world.worker, 2);
  const { workers } = (await (await world.studio.operator('GET', '/workers')).json()) as { workers: unknown[] };
  expect(workers).toMatchObject([{ currentJobId: ids[0], currentJobIds: ids, maxJobs: 4 }]);
});

async function waitsFor(studio: FakeStudio, jobs: readonly { readonly id: string }[]): Promise<unknown[]> {
  const views = await Promise.all(jobs.map(({ id }) => studio.job(id)));
  return views.filter(({ state }) => state === 'queued').map(({ waitsFor: because }) => because);
}
