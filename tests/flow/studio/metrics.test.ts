import { expect, setDefaultTimeout, test } from 'bun:test';
import { anLlmTask, someCapabilities } from '../../fakes/builders.ts';
import { bareWorker, jobOf } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { hookReceiver } from '../../fakes/studio/hook-receiver.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { objectionsOf } from '../../spec/metrics/promtool.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';
import { countedIn, figuresOf } from './figures-of.ts';
import { accept, anImage, failure, result, setup, working } from './local-studio-scene.ts';
import { asProject, projectToken } from './project-scene.ts';

setDefaultTimeout(TEST_MS);
const { newDatabase } = postgresOfFile();

test('jobs that have not ended are gauged by state, kind and project', async () => {
  await using world = await setup();
  await world.studio.operator('POST', '/projects', { name: 'renders' });
  const running = await working(world.studio, world.worker);
  await world.studio.createJob(anImage, { project: 'renders' });
  await world.studio.createJob(anImage, { project: 'renders' });
  const figures = await figuresOf(world.studio);
  expect(figures.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
  expect(countedIn(figures, 'studio_jobs')).toEqual({
    'studio_jobs{state="queued",kind="image",project="renders"}': 2,
    'studio_jobs{state="running",kind="llm",project="default"}': 1,
  });
  expect(figures.values.get('studio_jobs{state="queued",kind="mesh",project="default"}')).toBe(0);
  const oldest = figures.values.get('studio_oldest_queued_job_timestamp_seconds{project="renders"}') ?? 0;
  expect(oldest * 1_000).toBeGreaterThanOrEqual(Date.parse(running.createdAt));
  expect(figures.text).not.toContain('studio_oldest_queued_job_timestamp_seconds{project="default"}');
});

test('a job is counted and timed from its creation to its end', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  world.worker.send(accept(job.id));
  await world.studio.jobIs(job.id, 'running');
  clock.advance(7_000);
  world.worker.send(result(job.id));
  await world.worker.next('completeAck');
  const cancelled = await world.studio.createJob(anLlmTask());
  await world.studio.operator('POST', `/jobs/${cancelled.id}/cancel`);
  const figures = await figuresOf(world.studio);
  expect(countedIn(figures, 'studio_jobs_created_total', 'studio_jobs_ended_total', 'studio_attempts_total')).toEqual({
    'studio_jobs_created_total{kind="llm"}': 2,
    'studio_jobs_ended_total{kind="llm",outcome="completed"}': 1,
    'studio_jobs_ended_total{kind="llm",outcome="cancelled"}': 1,
    'studio_attempts_total{outcome="completed"}': 1,
  });
  const took = 'studio_job_seconds_bucket{kind="llm",outcome="completed",le=';
  expect([figures.values.get(`${took}"5"}`), figures.values.get(`${took}"10"}`)]).toEqual([0, 1]);
  expect(figures.values.get('studio_job_seconds_sum{kind="llm",outcome="completed"}')).toBe(7);
  expect(figures.values.get('studio_job_wait_seconds_count{kind="llm"}')).toBe(1);
});

test('offers are counted by their answers and rejections by their reasons', async () => {
  await using world = await setup();
  const { studio, worker } = world;
  const rejected = await studio.createJob(anLlmTask());
  await worker.next('offer');
  worker.send({ type: 'reject', jobId: rejected.id, reason: 'insufficient device memory: 9 GiB', detail: 'secret' });
  await studio.jobIs(rejected.id, 'queued');
  await worker.heartbeat();
  expect(jobOf(await worker.next('offer'))).toBe(rejected.id);
  worker.send({ type: 'reject', jobId: rejected.id, code: 'of its own', reason: 'of its own' });
  const job = await working(studio, worker);
  worker.send(failure(job.id, true));
  await worker.next('failAck');
  const figures = await figuresOf(studio);
  expect(countedIn(figures, 'studio_offer_answers_total', 'studio_offer_rejections_total')).toEqual({
    'studio_offer_answers_total{answer="accepted"}': 1,
    'studio_offer_answers_total{answer="rejected"}': 2,
    'studio_offer_rejections_total{reason="insufficient_memory"}': 1,
    'studio_offer_rejections_total{reason="job"}': 1,
  });
  expect(countedIn(figures, 'studio_jobs_requeued_total', 'studio_attempts_total')).toEqual({
    'studio_jobs_requeued_total{because="not-accepted"}': 2,
    'studio_jobs_requeued_total{because="failed"}': 1,
    'studio_attempts_total{outcome="failed"}': 1,
  });
  expect(figures.text).not.toContain('of its own');
});

test('an offer without an answer and a lapsed hold are counted', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const { studio, worker } = world;
  const job = await studio.createJob(anLlmTask());
  await worker.next('offer');
  clock.advance(10_000);
  await studio.jobIs(job.id, 'queued');
  await worker.heartbeat();
  await worker.next('offer');
  worker.send(accept(job.id));
  await studio.jobIs(job.id, 'running');
  studio.cut(world.credentials.workerId);
  await studio.until('the end of the socket', (event) => event.is === 'disconnected');
  clock.advance(30_000);
  await studio.until('its loss', (event) => event.is === 'moved' && event.to === 'queued' && event.jobId === job.id);
  const figures = await figuresOf(studio);
  expect(figures.values.get('studio_offer_answers_total{answer="none"}')).toBe(1);
  expect(countedIn(figures, 'studio_holds_lapsed_total', 'studio_attempts_total')).toEqual({
    studio_holds_lapsed_total: 1,
    'studio_attempts_total{outcome="lost"}': 1,
  });
});

test('workers are gauged by what they are at', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const { studio } = world;
  await studio.enrol();
  using paused = await bareWorker(await studio.enrol(), { autoEnabled: false });
  using idle = await bareWorker(await studio.enrol(), { taskKinds: ['image'] });
  await working(studio, world.worker);
  expect(countedIn(await figuresOf(studio), 'studio_workers', 'studio_sessions')).toEqual({
    'studio_workers{state="idle"}': 1,
    'studio_workers{state="busy"}': 1,
    'studio_workers{state="paused"}': 1,
    'studio_workers{state="offline"}': 1,
    studio_sessions: 3,
  });
  clock.advance(25_000);
  await paused.heartbeat({ capabilities: someCapabilities({ autoEnabled: false }) });
  await idle.heartbeat({ capabilities: someCapabilities({ taskKinds: ['image'] }) });
  clock.advance(5_001);
  expect((await figuresOf(studio)).values.get('studio_workers{state="stale"}')).toBe(1);
});

test('uploads, artifacts and deliveries to webhooks are counted', async () => {
  using receiver = hookReceiver([() => new Response('no', { status: 500 })]);
  await using world = await setup();
  const { studio, worker } = world;
  const job = await working(studio, worker, anImage);
  expect((await worker.upload(job.id, new Uint8Array(5))).status).toBe(200);
  expect((await worker.upload(job.id)).status).toBe(409);
  const told = await studio.createJob(anLlmTask(), { webhook: receiver.url });
  await studio.operator('POST', `/jobs/${told.id}/cancel`);
  await waitFor(
    'the first attempt',
    () => studio.log.find('webhook.retried') !== undefined,
    () => studio.log.names().join(),
  );
  const figures = await figuresOf(studio);
  expect(countedIn(figures, 'studio_uploads_total', 'studio_uploaded_bytes_total')).toEqual({
    'studio_uploads_total{outcome="stored"}': 1,
    'studio_uploads_total{outcome="refused"}': 1,
    studio_uploaded_bytes_total: 5,
  });
  expect(countedIn(figures, 'studio_artifacts', 'studio_artifacts_bytes')).toEqual({
    studio_artifacts: 1,
    studio_artifacts_bytes: 5,
  });
  expect(countedIn(figures, 'studio_webhook_deliveries_total', 'studio_webhook_deliveries_pending')).toEqual({
    'studio_webhook_deliveries_total{outcome="retried"}': 1,
    studio_webhook_deliveries_pending: 1,
  });
  expect(figures.values.get('studio_artifact_store_seconds_count{operation="keep"}')).toBe(1);
  expect(figures.values.get('studio_database_seconds_count{operation="transaction"}')).toBeGreaterThan(2);
});

test('who follows the events is gauged, and answers are counted', async () => {
  await using studio = await fakeStudio();
  const events = await studio.operator('GET', '/events');
  await studio.operator('GET', '/nowhere');
  const figures = await figuresOf(studio);
  expect(figures.values.get('studio_event_listeners')).toBe(1);
  expect(figures.values.get('studio_http_responses_total{status="4xx"}')).toBe(1);
  expect(figures.values.get('studio_process_resident_memory_bytes')).toBeGreaterThan(1e7);
  await events.body?.cancel();
});

test('a token for figures opens the figures of all and nothing else', async () => {
  await using studio = await fakeStudio();
  for (const name of ['p', 'q']) await studio.operator('POST', '/projects', { name });
  await studio.createJob(anLlmTask(), { project: 'q' });
  const token = await projectToken(studio, { scopes: ['metrics'] });
  const answer = await fetch(`${studio.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.text()).toContain('studio_jobs{state="queued",kind="llm",project="q"} 1\n');
  expect((await asProject(studio, token, 'GET', '/jobs')).status).toBe(403);
  expect((await fetch(`${studio.url}/metrics`)).status).toBe(401);
});

/** What each studio on a database is to say alike. */
const OF_THE_DATABASE = [
  'studio_jobs',
  'studio_oldest_queued_job_timestamp_seconds',
  'studio_workers',
  'studio_registrations_pending',
  'studio_artifacts',
  'studio_artifacts_bytes',
  'studio_webhooks',
  'studio_webhook_deliveries_pending',
  'studio_webhook_deliveries_due',
];

needs(POSTGRES)('each studio on a database gauges the same, wherever a worker is', async () => {
  const database = await newDatabase();
  await using one = await fakeStudio({ database });
  await using other = await fakeStudio({ database });
  using busy = await bareWorker(await one.enrol());
  using paused = await bareWorker({ ...(await one.enrol()), apiBaseUrl: other.url }, { autoEnabled: false });
  using idle = await bareWorker({ ...(await one.enrol()), apiBaseUrl: other.url }, { taskKinds: ['image'] });
  await one.enrol();
  await working(one, busy);
  await other.createJob(anLlmTask());
  expect([paused.waiting, idle.waiting]).toEqual([[], []]);
  const [here, there] = [await figuresOf(one), await figuresOf(other)];
  expect(countedIn(there, ...OF_THE_DATABASE)).toEqual(countedIn(here, ...OF_THE_DATABASE));
  expect(countedIn(here, 'studio_workers', 'studio_jobs', 'studio_sessions')).toEqual({
    'studio_workers{state="idle"}': 1,
    'studio_workers{state="busy"}': 1,
    'studio_workers{state="paused"}': 1,
    'studio_workers{state="offline"}': 1,
    'studio_jobs{state="queued",kind="llm",project="default"}': 1,
    'studio_jobs{state="running",kind="llm",project="default"}': 1,
    studio_sessions: 1,
  });
  expect(there.values.get('studio_sessions')).toBe(2);
  await using sql = new Bun.SQL(database, { max: 1 });
  await sql.unsafe('UPDATE workers SET beat_at = 1 WHERE session_id IS NOT NULL');
  expect((await figuresOf(other)).values.get('studio_workers{state="stale"}')).toBe(3);
});

needs('promtool')('the figures of a studio are as Prometheus wants them', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.send(result(job.id));
  await world.worker.next('completeAck');
  expect(await objectionsOf((await figuresOf(world.studio)).text)).toBe('');
});
