import { expect } from 'bun:test';
import * as v from 'valibot';
import { HOUR_MS } from '../../../src/base/units.ts';
import { RegistrationListSchema, WorkerListSchema } from '../../../src/contract/operator/views.ts';
import { CLOSE } from '../../../src/contract/frames/close-codes.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { GRACE_MS, OFFER_HOLD_MS, STALE_MS, SWEEP_MS } from '../../../src/local-studio/queue/timing.ts';
import type { Clock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { anLlmTask, someCapabilities } from '../../fakes/builders.ts';
import { bareSocket, bareWorker, jobOf, welcomed } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { follow } from './follow.ts';
import { accept, anImage, result, working } from './local-studio-scene.ts';

const { newDatabase, crash: crashServer } = postgresOfFile();

const test = needs(POSTGRES);

test('what one studio did is there for another on the same database', async () => {
  const database = await newDatabase();
  await using one = await fakeStudio({ database });
  using worker = await bareWorker(await one.enrol());
  const job = await working(one, worker);
  worker.send(result(job.id));
  await worker.next('completeAck');
  await using other = await fakeStudio({ database });
  expect(await other.job(job.id)).toMatchObject({ state: 'completed', attempts: 1, result: { text: 'hello' } });
  expect(await other.attempts(job.id)).toMatchObject([{ number: 1, outcome: 'completed' }]);
});

test('a studio and its workers continue when the database is back', async () => {
  await using studio = await fakeStudio({ database: await newDatabase() });
  using worker = await bareWorker(await studio.enrol());
  const before = await working(studio, worker);
  worker.send(result(before.id));
  await worker.next('completeAck');
  await crashServer();
  const job = await working(studio, worker);
  worker.send(result(job.id));
  await worker.next('completeAck');
  expect(await studio.job(before.id)).toMatchObject({ state: 'completed' }); // was acknowledged, so it was on the disk
});

/** Two studios on one database, and a worker whose socket the first has. */
async function twoStudios(clocks: { readonly one?: Clock; readonly other?: Clock } = {}) {
  const database = await newDatabase();
  const one = await fakeStudio({ database, ...(clocks.one && { clock: clocks.one }) });
  const other = await fakeStudio({ database, ...(clocks.other && { clock: clocks.other }) });
  const credentials = await one.enrol();
  const worker = await bareWorker(credentials);
  const atOther = { ...credentials, apiBaseUrl: other.url };
  return {
    database,
    one,
    other,
    worker,
    credentials,
    atOther,
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

/** Lets every hold run out, as when no heartbeat came for the length of one. */
async function lapse(database: string): Promise<void> {
  await using sql = new Bun.SQL(database, { max: 1 });
  await sql.unsafe('UPDATE jobs SET lease_until = 1');
}

/** The states of a job in as many questions as give whatever the studio does meanwhile the time to be done. */
async function statesOf(studio: FakeStudio, id: string): Promise<readonly string[]> {
  const states = new Set<string>();
  for (let asked = 0; asked < 50; asked++) states.add((await studio.job(id)).state);
  return [...states];
}

test('a job created at one studio is offered to a worker of another', async () => {
  await using world = await twoStudios();
  const job = await world.other.createJob(anLlmTask());
  expect(jobOf(await world.worker.next('offer'))).toBe(job.id);
});

test('a worker that connects to another studio keeps its job', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker);
  using again = await welcomed(world.atOther);
  expect(await world.worker.closed).toMatchObject({ code: CLOSE.duplicateWorker });
  expect(await again.heartbeat({ currentJobId: job.id })).toMatchObject({ claim: { jobId: job.id, held: true } });
  again.send(result(job.id));
  await again.next('completeAck');
  expect(await world.one.job(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
});

test('a worker that connects to another studio keeps all its jobs', async () => {
  await using world = await twoStudios();
  const capabilities = someCapabilities({ maxParallelJobs: 3 });
  await world.worker.heartbeat({ capabilities });
  const jobs = [];
  for (let made = 0; made < 3; made++) jobs.push(await working(world.one, world.worker));
  using again = await welcomed(world.atOther);
  await world.worker.closed;
  const currentJobIds = jobs.map(({ id }) => id);
  const answers = [await again.heartbeat({ capabilities, currentJobIds })];
  while (answers.length < jobs.length) answers.push(await again.next('heartbeatAck'));
  expect(answers.map(({ claim }) => claim)).toEqual(currentJobIds.map((jobId) => ({ jobId, held: true })));
  const { workers } = (await (await world.one.operator('GET', '/workers')).json()) as { workers: unknown[] };
  expect(workers).toMatchObject([{ connected: true, currentJobIds }]);
  for (const id of currentJobIds) {
    again.send(result(id));
    await again.next('completeAck');
    expect(await world.one.job(id)).toMatchObject({ state: 'completed', attempts: 1 });
  }
});

test('a studio whose worker went to another does not lose its job', async () => {
  const clock = new FakeClock();
  await using world = await twoStudios({ one: clock });
  const job = await working(world.one, world.worker);
  world.one.cut(world.credentials.workerId);
  await world.worker.closed;
  await lapse(world.database);
  using again = await welcomed(world.atOther);
  await again.heartbeat({ currentJobId: job.id });
  await clock.advanceAsync(GRACE_MS + 1);
  expect(await statesOf(world.one, job.id)).toEqual(['running']);
});

test('a stale socket changes nothing for the session in its place', async () => {
  const clock = new FakeClock();
  await using world = await twoStudios({ one: clock });
  const job = await working(world.one, world.worker);
  await using sql = new Bun.SQL(world.database, { max: 1 });
  await sql.unsafe("UPDATE workers SET session_id = 'elsewhere'"); // and the news of it was lost
  const hold = async () => JSON.stringify(await sql.unsafe('SELECT lease_until FROM jobs'));
  const before = await hold();
  clock.advance(STALE_MS + SWEEP_MS);
  await world.worker.closed;
  expect(await statesOf(world.one, job.id)).toEqual(['running']);
  expect(await hold()).toBe(before);
});

test('a worker hears of a cancellation at another studio', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker);
  expect((await world.other.operator('POST', `/jobs/${job.id}/cancel`)).status).toBe(200);
  const ack = await world.worker.heartbeat({ currentJobId: job.id });
  expect(ack).toMatchObject({ claim: { jobId: job.id, held: false, because: 'cancelled' } });
});

test('an approval at one studio answers the poll that another holds', async () => {
  await using world = await twoStudios();
  const body = {
    installId: 'i',
    registrationSecretHash: sha256('secret').toHex(),
    capabilities: someCapabilities(),
    userAgent: 'w/1',
  };
  const asked = await fetch(`${world.one.url}${API_PREFIX}/workers/register-request`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { requestId } = (await asked.json()) as { requestId: string };
  const poll = fetch(`${world.one.url}${API_PREFIX}/workers/register-requests/${requestId}`, {
    headers: { authorization: 'Bearer secret', prefer: 'wait=60' },
  });
  await fetch(`${world.one.url}/healthz`); // by then the poll is held
  await world.other.operator('POST', `/registrations/${requestId}/approve`);
  expect(await (await poll).json()).toMatchObject({ status: 'approved' });
});

test('a worker removed at one studio loses its session at another', async () => {
  await using world = await twoStudios();
  await world.other.operator('DELETE', `/workers/${world.credentials.workerId}`);
  expect(await world.worker.closed).toMatchObject({ code: CLOSE.workerDeleted });
});

test('a result uploaded to one studio frees the worker at another', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker, anImage);
  const next = await world.one.createJob(anLlmTask());
  using uploader = await bareSocket(world.atOther); // only for its upload
  expect((await uploader.upload(job.id)).status).toBe(200);
  expect(jobOf(await world.worker.next('offer'))).toBe(next.id);
});

test('workers of all studios are listed with what they run', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker);
  const { workers } = (await (await world.other.operator('GET', '/workers')).json()) as { workers: object[] };
  expect(workers).toMatchObject([{ connected: true, currentJobId: job.id }]);
  expect(await (await world.other.operator('GET', '/status')).json()).toMatchObject({
    workers: { known: 1, connected: 1, busy: 1 },
  });
  const waiting = await world.other.createJob(anLlmTask());
  expect(await (await world.other.operator('GET', `/jobs/${waiting.id}/why`)).json()).toMatchObject({
    workers: [{ connected: true, because: `busy with ${job.id}` }],
  });
});

test('how many jobs a worker takes is known at every studio', async () => {
  await using world = await twoStudios();
  using events = await follow(world.other);
  await world.worker.heartbeat({ capabilities: someCapabilities({ maxParallelJobs: 2 }) });
  await events.until(({ event, data }) => event === 'worker' && data.maxJobs === 2);
  const currentJobIds = [(await working(world.one, world.worker)).id];
  const offered = await world.one.createJob(anLlmTask());
  await world.worker.next('offer');
  const waiting = await world.other.createJob(anLlmTask());
  for (const studio of [world.one, world.other]) {
    const why = await (await studio.operator('GET', `/jobs/${waiting.id}/why`)).json();
    expect(why).toMatchObject({ workers: [{ because: `is asked about ${offered.id}` }] });
  }
  world.worker.send(accept(offered.id));
  await world.one.jobIs(offered.id, 'running');
  currentJobIds.push(offered.id);
  for (const studio of [world.one, world.other]) {
    const { workers } = (await (await studio.operator('GET', '/workers')).json()) as { workers: object[] };
    expect(workers).toMatchObject([{ currentJobIds, maxJobs: 2 }]);
    const why = await (await studio.operator('GET', `/jobs/${waiting.id}/why`)).json();
    expect(why).toMatchObject({ workers: [{ because: 'busy with 2 of 2 jobs' }] });
  }
  world.one.cut(world.credentials.workerId);
  await events.until(({ event, data }) => event === 'worker' && !data.connected && data.maxJobs === undefined);
});

test('what a worker rejected is known at every studio, in all its answers', async () => {
  await using world = await twoStudios();
  const job = await world.one.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send({
    type: 'reject',
    jobId: job.id,
    code: 'unsupported',
    reason: 'no such format',
    detail: 'no such format',
  });
  await world.worker.heartbeat(); // by its answer the rejection was acted on
  for (const studio of [world.one, world.other]) {
    expect(await (await studio.operator('GET', `/jobs/${job.id}/why`)).json()).toMatchObject({
      waitsFor: expect.stringContaining('rejected it for good: no such format'),
      workers: [{ because: 'rejected it for good: no such format', rejectedAt: expect.any(String) }],
    });
    const { workers } = (await (await studio.operator('GET', '/workers')).json()) as { workers: object[] };
    expect(workers).toMatchObject([{ idleBecause: `rejected ${job.id}: no such format` }]);
  }
});

test('a rejection from before a run does not explain why a job waits', async () => {
  await using world = await twoStudios();
  const job = await world.one.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send({ type: 'reject', jobId: job.id, code: 'busy', reason: 'worker already has an in-flight job' });
  await world.worker.heartbeat();
  await world.worker.next('offer');
  world.worker.send({ type: 'accept', jobId: job.id });
  const busy = { ...someCapabilities(), autoEnabled: false };
  await world.worker.heartbeat({ currentJobId: job.id, capabilities: busy });
  world.worker.send({ type: 'fail', jobId: job.id, error: 'crashed', retryable: true });
  await world.worker.next('failAck');
  const why = await (await world.other.operator('GET', `/jobs/${job.id}/why`)).json();
  expect(why).toMatchObject({ state: 'queued', workers: [{ connected: true }] });
  expect(JSON.stringify(why)).not.toContain('in-flight');
});

test('a worker that stops claiming is known for it at every studio', async () => {
  await using world = await twoStudios();
  await world.worker.heartbeat({ capabilities: { ...someCapabilities(), autoEnabled: false } });
  const job = await world.other.createJob(anLlmTask());
  for (const studio of [world.one, world.other]) {
    const why = await (await studio.operator('GET', `/jobs/${job.id}/why`)).json();
    expect(why).toMatchObject({ workers: [{ connected: true, because: 'takes no jobs: claiming is off' }] });
    const { workers } = (await (await studio.operator('GET', '/workers')).json()) as { workers: object[] };
    expect(workers).toMatchObject([
      { capabilities: { autoEnabled: false }, idleBecause: 'takes no jobs: claiming is off' },
    ]);
  }
});

/** The database as before the offer, which a crash of its server may have forgotten. */
async function forgetOffers(database: string): Promise<void> {
  await using sql = new Bun.SQL(database, { max: 1 });
  await sql.unsafe("UPDATE jobs SET state = 'queued', worker_id = NULL, attempts = 0, started_at = NULL");
}

test('a result that is acknowledged is kept, though the database forgot the offer', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker);
  await forgetOffers(world.database);
  world.worker.send(result(job.id));
  await world.worker.next('completeAck');
  expect(await world.other.job(job.id)).toMatchObject({ state: 'completed', attempts: 1, result: { text: 'hello' } });
});

test('an upload is taken, though the database forgot the offer', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker, anImage);
  await forgetOffers(world.database);
  expect((await world.worker.upload(job.id)).status).toBe(200);
  expect(await world.other.job(job.id)).toMatchObject({ state: 'completed' });
});

test('a worker keeps its job, though the database forgot that it has it', async () => {
  await using world = await twoStudios();
  const job = await working(world.one, world.worker);
  await forgetOffers(world.database);
  const ack = await world.worker.heartbeat({ currentJobId: job.id });
  expect(ack).toMatchObject({ claim: { jobId: job.id, held: true } });
  expect(await world.other.job(job.id)).toMatchObject({ state: 'running' });
});

test('an offer whose studio died goes to another worker soon', async () => {
  const clock = new FakeClock();
  await using world = await twoStudios({ other: clock });
  const job = await world.one.createJob(anLlmTask());
  await world.worker.next('offer');
  clock.advance(GRACE_MS);
  using second = await bareWorker(await world.other.enrol());
  await using sql = new Bun.SQL(world.database, { max: 1 });
  await sql.unsafe(`UPDATE jobs SET lease_until = lease_until - ${OFFER_HOLD_MS}`); // as when that time has passed
  clock.advance(SWEEP_MS);
  expect(jobOf(await second.next('offer'))).toBe(job.id);
  expect(OFFER_HOLD_MS).toBeLessThan(GRACE_MS);
});

test('of two workers with one job only the later result counts', async () => {
  const clock = new FakeClock();
  await using world = await twoStudios({ other: clock });
  const job = await working(world.one, world.worker, anImage);
  await lapse(world.database);
  clock.advance(GRACE_MS);
  using second = await bareWorker(await world.other.enrol());
  clock.advance(SWEEP_MS);
  await second.next('offer');
  second.send(accept(job.id));
  await world.other.jobIs(job.id, 'running');
  expect((await world.worker.upload(job.id, new Uint8Array([1]))).status).toBe(409);
  const ack = await world.worker.heartbeat({ currentJobId: job.id });
  expect(ack).toMatchObject({ claim: { jobId: job.id, held: false } });
  expect((await second.upload(job.id, new Uint8Array([2]))).status).toBe(200);
  expect(await world.one.attempts(job.id)).toMatchObject([{ outcome: 'lost' }, { outcome: 'completed' }]);
  expect([...(await (await world.other.operator('GET', `/jobs/${job.id}/artifact`)).bytes())]).toEqual([2]);
});

test('studios whose clocks are an hour apart share jobs all the same', async () => {
  const [behind, ahead] = [new FakeClock(Date.now() - HOUR_MS), new FakeClock(Date.now() + HOUR_MS)];
  await using world = await twoStudios({ one: behind, other: ahead });
  const job = await working(world.one, world.worker);
  ahead.advance(GRACE_MS + 2 * SWEEP_MS); // its sweep goes by the clock of the database
  expect(await statesOf(world.other, job.id)).toEqual(['running']);
  const ack = await world.worker.heartbeat({ currentJobId: job.id });
  expect(ack).toMatchObject({ claim: { held: true } });
  using again = await welcomed(world.atOther);
  expect(await again.heartbeat({ currentJobId: job.id })).toMatchObject({ claim: { held: true } });
  again.send(result(job.id));
  await again.next('completeAck');
  expect(await world.one.attempts(job.id)).toMatchObject([{ number: 1, outcome: 'completed' }]);
});

test('a job of a studio that died goes to a worker of another', async () => {
  const clock = new FakeClock();
  await using world = await twoStudios({ other: clock });
  const job = await working(world.one, world.worker);
  await lapse(world.database);
  clock.advance(GRACE_MS);
  using second = await bareWorker(await world.other.enrol());
  clock.advance(SWEEP_MS);
  expect(jobOf(await second.next('offer'))).toBe(job.id);
  expect(await world.other.attempts(job.id)).toMatchObject([{ outcome: 'lost' }]);
});

for (const redirects of [false, true]) {
  const way = redirects ? 'from the store itself' : 'through the studio';
  test(`an artifact uploaded at one studio is fetched at another, ${way}`, async () => {
    await using store = await startS3Server();
    const shared = { database: await newDatabase(), artifactStore: { ...store.options, prefix: 'p/', redirects } };
    await using one = await fakeStudio(shared);
    await using other = await fakeStudio(shared);
    using worker = await bareWorker(await one.enrol());
    const job = await working(one, worker, anImage);
    expect((await worker.upload(job.id, new Uint8Array([1, 2, 3, 4]))).status).toBe(200);
    const answer = await other.operator('GET', `/jobs/${job.id}/artifact`);
    expect([...(await answer.bytes())]).toEqual([1, 2, 3, 4]);
    expect(answer.redirected).toBe(redirects);
    expect(answer.headers.get('content-type')).toBe('image/webp');
  });
}

test('a request decided at two studios at once has one verdict and worker', async () => {
  await using scene = await twoStudios();
  const { one, other } = scene;
  const known = (await workersOf(one)).length;
  for (let round = 1; round <= 3; round++) {
    await register(one, `install-${round}`);
    const { registrations } = v.parse(
      RegistrationListSchema,
      await (await one.operator('GET', '/registrations')).json(),
    );
    const path = `/registrations/${registrations[0]?.requestId}`;
    const answers = await Promise.all([
      one.operator('POST', `${path}/approve`),
      other.operator('POST', `${path}/reject`, { reason: 'no' }),
      other.operator('POST', `${path}/approve`),
    ]);
    const [approved, rejected, again] = answers.map(({ status }) => status);
    expect([approved, rejected, again]).toEqual(rejected === 409 ? [200, 409, 200] : [409, 204, 409]);
  }
  const installs = (await workersOf(one)).slice(known).map(({ installId }) => installId);
  expect(installs.length).toBe(new Set(installs).size);
});

const workersOf = async (studio: FakeStudio) =>
  v.parse(WorkerListSchema, await (await studio.operator('GET', '/workers')).json()).workers;

const register = ({ url }: FakeStudio, installId: string): Promise<Response> =>
  fetch(`${url}${API_PREFIX}/workers/register-request`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      installId,
      registrationSecretHash: 'a'.repeat(64),
      userAgent: 'test',
      capabilities: someCapabilities(),
    }),
  });
