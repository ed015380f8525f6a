import { expect, test } from 'bun:test';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import { JobListSchema, WhyViewSchema } from '../../../src/contract/operator/views.ts';
import { SWEEP_MS } from '../../../src/local-studio/queue/timing.ts';
import * as v from 'valibot';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { waitFor } from '../wait-for.ts';
import { accept, result, setup, working } from './local-studio-scene.ts';

const { newDatabase } = postgresOfFile();

const inMs = (deadlineInMs: number) => ({ deadlineInMs });
const expiries = ({ log }: FakeStudio): number => log.names().filter((name) => name === 'job.expired').length;
const settled = (studio: FakeStudio, expected: number): Promise<void> =>
  waitFor(
    'deadlines to be met',
    () => expiries(studio) === expected,
    () => studio.log.names().join(),
  );

test('a job that waits fails at its deadline, to the second', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  const job = await studio.createJob(anLlmTask(), inMs(90_000));
  const later = await studio.createJob(anLlmTask(), inMs(HOUR_MS));
  await studio.job(job.id); // the deadline is noted
  await clock.advanceAsync(89_000);
  expect((await studio.job(job.id)).state).toBe('queued');
  const why = v.parse(WhyViewSchema, await (await studio.operator('GET', `/jobs/${job.id}/why`)).json());
  expect(why.deadlineInMs).toBe(1_000);
  for (let second = 0; second < 2; second++) await clock.advanceAsync(1_000);
  await settled(studio, 1);
  expect(await studio.job(job.id)).toMatchObject({
    state: 'failed',
    error: 'deadline passed before a worker took it',
    attempts: 0,
  });
  expect((await studio.job(later.id)).state).toBe('queued');
});

test('a running job is cancelled at its worker by its deadline', async () => {
  const clock = new FakeClock();
  await using scene = await setup({ clock });
  const { studio, worker } = scene;
  const job = await studio.createJob(anLlmTask(), inMs(5_000));
  await worker.next('offer');
  worker.send(accept(job.id));
  await studio.jobIs(job.id, 'running');
  clock.advance(5_000);
  await settled(studio, 1);
  expect(await worker.heartbeat({ currentJobId: job.id })).toMatchObject({
    claim: { jobId: job.id, held: false, because: 'deadline' },
  });
  worker.send(result(job.id)); // it was too late to stop it
  await worker.next('completeAck');
  expect(await studio.job(job.id)).toMatchObject({ state: 'failed', error: 'deadline passed while a worker ran it' });
  expect(await studio.attempts(job.id)).toMatchObject([{ outcome: 'cancelled' }]);
});

test('a worker that fails a job in the words of a deadline met none', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const job = await working(studio, worker);
  worker.send({ type: 'fail', jobId: job.id, error: 'deadline passed while a worker ran it', retryable: false });
  await worker.next('failAck');
  expect(await studio.job(job.id)).toMatchObject({ state: 'failed' });
  const { claim } = await worker.heartbeat({ currentJobId: job.id });
  expect(claim).toEqual({ jobId: job.id, held: false });
});

test('an offer that is open at the deadline is not run', async () => {
  const clock = new FakeClock();
  await using scene = await setup({ clock });
  const { studio, worker } = scene;
  const job = await studio.createJob(anLlmTask(), inMs(5_000));
  await worker.next('offer');
  clock.advance(5_000);
  await settled(studio, 1);
  worker.send(accept(job.id));
  expect(await worker.heartbeat({ currentJobId: job.id })).toMatchObject({
    claim: { held: false, because: 'deadline' },
  });
  expect(await studio.job(job.id)).toMatchObject({ state: 'failed', attempts: 0 });
});

test('a deadline that passed while no studio ran is met at its start', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  const job = await studio.createJob(anLlmTask(), inMs(HOUR_MS));
  clock.jumpWallClock(2 * HOUR_MS); // no timer fires
  await studio.restart();
  await settled(studio, 1);
  expect((await studio.job(job.id)).state).toBe('failed');
});

test('a deadline is set by time or span, moved, and taken away', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  const deadline = new Date(clock.now() + MINUTE_MS).toISOString();
  const job = await studio.createJob(anLlmTask(), { deadline });
  expect(job.deadline).toBe(deadline);
  const change = async (body: unknown) => await (await studio.operator('PATCH', `/jobs/${job.id}`, body)).json();
  expect(await change(inMs(HOUR_MS))).toMatchObject({ deadline: new Date(clock.now() + HOUR_MS).toISOString() });
  expect(await change({ deadline: 'none', priority: 3 })).not.toHaveProperty('deadline');
  await clock.advanceAsync(2 * HOUR_MS);
  expect(await studio.job(job.id)).toMatchObject({ state: 'queued', priority: 3 });
});

test.each([
  [{ deadline: '2026-05-25T11:59:59Z' }, 'the deadline has passed: it is 2026-05-25T12:00:00.000Z here'],
  [{ deadline: '2026-05-26' }, 'deadline'],
  [{ deadlineInMs: 0 }, 'deadlineInMs'],
  [{ deadlineInMs: 5, deadline: '2026-06-25T12:00:00Z' }, 'exclude each other'],
])('a job with the deadline %p is refused by name', async (about, message) => {
  await using studio = await fakeStudio({ clock: new FakeClock() });
  const answer = await studio.operator('POST', '/jobs', { task: anLlmTask(), modelSource: synthetic, ...about });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ message: expect.stringContaining(message) }),
  ]);
});

needs(POSTGRES)('of two studios with wrong clocks one meets a deadline, by the database’s', async () => {
  const database = await newDatabase();
  const [clock, otherClock] = [new FakeClock(), new FakeClock(Date.UTC(2031, 1, 1))];
  await using one = await fakeStudio({ database, clock });
  await using other = await fakeStudio({ database, clock: otherClock });
  using worker = await bareWorker(await one.enrol());
  const job = await working(one, worker);
  await other.operator('PATCH', `/jobs/${job.id}`, inMs(HOUR_MS));
  const left = Date.parse((await other.job(job.id)).deadline ?? '') - Date.now();
  expect([left > HOUR_MS - MINUTE_MS, left < HOUR_MS + MINUTE_MS]).toEqual([true, true]);
  await clock.advanceAsync(SWEEP_MS);
  await otherClock.advanceAsync(SWEEP_MS);
  expect([expiries(one), expiries(other), (await one.job(job.id)).state]).toEqual([0, 0, 'running']);

  await using sql = new Bun.SQL(database, { max: 1 });
  await sql.unsafe('UPDATE jobs SET deadline_at = 1');
  await otherClock.advanceAsync(SWEEP_MS);
  await settled(other, 1);
  await clock.advanceAsync(SWEEP_MS);
  expect((await worker.heartbeat({ currentJobId: job.id }))['claim']).toMatchObject({
    held: false,
    because: 'deadline',
  });
  expect([expiries(one), expiries(other)]).toEqual([0, 1]);
  expect(await one.attempts(job.id)).toHaveLength(1);
});

test.each(['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.999-23:59'])(
  'a deadline at %s is refused, and the list of jobs stays readable',
  async (deadline) => {
    await using studio = await fakeStudio();
    const job = await studio.createJob(anLlmTask());
    const draft = { model: 'synthetic', modelSource: { ...synthetic }, task: anLlmTask(), deadline };
    const created = await studio.operator('POST', '/jobs', draft);
    const changed = await studio.operator('PATCH', `/jobs/${job.id}`, { deadline });
    for (const answer of [created, changed]) {
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('more than ten years away');
    }
    const { jobs } = v.parse(JobListSchema, await (await studio.operator('GET', '/jobs')).json());
    expect(jobs.map(({ id }) => id)).toEqual([job.id]);
  },
);
