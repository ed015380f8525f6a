import { expect, setDefaultTimeout } from 'bun:test';
import { pause } from '../../../src/base/pause.ts';
import type { MoveProgress } from '../../../src/local-studio/storage/moving/move.ts';
import { moveStudioData } from '../../../src/local-studio/storage/moving/move-data.ts';
import { anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { openFaultyStore } from '../../fakes/studio/faulty-store.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { TEST_MS } from '../wait-for.ts';
import { anImage, result, setup, working } from './local-studio-scene.ts';

setDefaultTimeout(TEST_MS);
const { newDatabase, crash } = postgresOfFile();
const test = needs(POSTGRES);

const ARTIFACTS = 12;

test('a bucket that fails midway leaves the studio serving, and copies are resumed', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  for (let at = 0; at < ARTIFACTS; at++) {
    const job = await working(studio, worker, anImage);
    await worker.upload(job.id, new Uint8Array([at]));
    await worker.heartbeat();
  }
  await using s3 = await startS3Server();
  await using store = await openFaultyStore(s3.options.endpoint, s3.options.bucket, fakeRandom(1));
  const artifactStore = { ...s3.options, endpoint: store.endpoint, prefix: '', redirects: false };
  const place = { dataDir: studio.dataDir, database: await newDatabase(), artifactStore };
  let copied = 0;
  const countAndFail = (progress: MoveProgress): void => {
    copied += progress.is === 'copied-artifact' ? 1 : 0;
    if (copied === 3) store.trouble(['ServiceUnavailable'], 1);
  };
  const failure = await moveStudioData(place, studioEffects, countAndFail).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'studio.bucket-unusable' });
  expect(copied).toBeLessThan(ARTIFACTS);
  expect((await studio.createJob(anLlmTask())).state).toBe('offered');

  store.trouble([], 0);
  const before = copied;
  expect(await moveStudioData(place, studioEffects, countAndFail)).toMatchObject({ artifacts: ARTIFACTS, missing: 0 });
  expect(copied).toBe(ARTIFACTS);
  expect(before).toBeGreaterThanOrEqual(3);
});

test('a database that restarts meanwhile gets everything', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  worker[Symbol.dispose]();
  await worker.closed;
  for (let at = 0; at < ARTIFACTS; at++) await studio.createJob(anLlmTask());
  const database = await newDatabase();
  let crashed: Promise<void> | undefined;
  const moved = await moveStudioData({ dataDir: studio.dataDir, database }, studioEffects, (progress) => {
    if (progress.is === 'holding') crashed = crash();
  });
  await crashed;
  expect(moved).toMatchObject({ jobs: ARTIFACTS });
  await using target = await fakeStudio({ database });
  expect(await (await target.operator('GET', '/status')).json()).toMatchObject({ jobs: { queued: ARTIFACTS } });
});

test('what changes while rows are copied moves, and for the rest requests wait', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const running = await working(studio, worker);
  const waiting = await studio.createJob(anLlmTask());
  await studio.operator('POST', '/projects', { name: 'old' });
  await using target = await heldDatabase();
  const isHeld = Promise.withResolvers<void>();
  const moved = moveStudioData({ dataDir: studio.dataDir, database: target.url }, studioEffects, ({ is }) => {
    if (is === 'holding') isHeld.resolve();
  });
  await target.waitFor(1);
  worker.send(result(running.id));
  await worker.next('completeAck');
  await studio.operator('POST', `/jobs/${waiting.id}/cancel`);
  await studio.operator('DELETE', '/projects/old');
  await studio.operator('POST', '/projects', { name: 'new' });
  const newer = await studio.createJob(anLlmTask());
  await target.holdJobs();
  await isHeld.promise;

  const draft = { task: anLlmTask(), model: 'synthetic', modelSource: synthetic };
  const asked = studio.operator('POST', '/jobs', draft);
  worker.send({ type: 'heartbeat', capabilities: someCapabilities() });
  let seen = 'waiting';
  void asked.then(() => (seen = 'answered'));
  void worker.closed.then(() => (seen = 'closed'));
  for (let asks = 0; asks < 20; asks++) expect((await fetch(`${studio.url}/healthz`)).status).toBe(200);
  expect(seen).toBe('waiting');
  await target.letGo();
  expect(await moved).toMatchObject({ jobs: 3 });
  const answer = await asked;
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);

  await using after = await fakeStudio({ database: target.url });
  expect(await after.job(running.id)).toMatchObject({ state: 'completed', result: { text: 'hello' } });
  expect(await after.attempts(running.id)).toMatchObject([{ outcome: 'completed' }]);
  expect(await after.job(waiting.id)).toMatchObject({ state: 'cancelled' });
  expect(await after.job(newer.id)).toMatchObject({ id: newer.id });
  const { projects } = (await (await after.operator('GET', '/projects')).json()) as { projects: { name: string }[] };
  expect(projects.map(({ name }) => name).toSorted()).toEqual(['default', 'new']);
});

/** A database with the tables of a studio, in which the copy of an entry of the audit log waits. */
async function heldDatabase() {
  const url = await newDatabase();
  await (await fakeStudio({ database: url }))[Symbol.asyncDispose]();
  const sql = new Bun.SQL(url, { max: 3 });
  const [entry, jobs] = [await sql.reserve(), await sql.reserve()];
  await entry.unsafe('BEGIN');
  await entry.unsafe("INSERT INTO audit (seq, at, actor, action) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'x', 'x')");
  const waitFor = async (count: number): Promise<void> => {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while ((await sql.unsafe<unknown[]>(waiting)).length < count) await pause(systemClock, 10);
  };
  return {
    url,
    /** Until so many wait for one another. */
    waitFor,
    /** Has the entry copied, and lets nobody to the jobs once those are copied. */
    holdJobs: async () => {
      const held = jobs.unsafe('BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE').then(() => {});
      await waitFor(2);
      await entry.unsafe('ROLLBACK');
      await held;
    },
    letGo: () => jobs.unsafe('ROLLBACK'),
    [Symbol.asyncDispose]: async () => {
      await entry.release();
      await jobs.release();
      await sql.close();
    },
  };
}
