import { expect, setDefaultTimeout } from 'bun:test';
import type { MoveProgress } from '../../../src/local-studio/storage/moving/move.ts';
import { moveStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import { anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { openFaultyStore } from '../../fakes/studio/faulty-store.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { TEST_MS } from '../wait-for.ts';
import { anImage, setup, working } from './local-studio-scene.ts';

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
  expect(await (await target.admin('GET', '/status')).json()).toMatchObject({ jobs: { queued: ARTIFACTS } });
});

test('while the rest is copied requests wait and workers stay connected', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  await using target = await heldDatabase();
  const isHeld = Promise.withResolvers<void>();
  const moved = moveStudioData({ dataDir: studio.dataDir, database: target.url }, studioEffects, ({ is }) => {
    if (is === 'holding') isHeld.resolve();
  });
  await isHeld.promise;
  const asked = studio.admin('POST', '/jobs', { task: anLlmTask(), model: 'synthetic', modelSource: synthetic });
  worker.send({ type: 'heartbeat', capabilities: someCapabilities() });
  let seen = 'waiting';
  void asked.then(() => (seen = 'answered'));
  void worker.closed.then(() => (seen = 'closed'));
  for (let asks = 0; asks < 20; asks++) expect((await fetch(`${studio.url}/healthz`)).status).toBe(200);
  expect(seen).toBe('waiting');
  await target.letGo();
  await moved;
  const answer = await asked;
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
});

/** A database with the tables of a studio, one of which nobody may change until it is let go. */
async function heldDatabase() {
  const url = await newDatabase();
  await (await fakeStudio({ database: url }))[Symbol.asyncDispose]();
  const sql = new Bun.SQL(url, { max: 1 });
  const session = await sql.reserve();
  await session.unsafe('BEGIN; LOCK TABLE jobs IN EXCLUSIVE MODE');
  return {
    url,
    letGo: () => session.unsafe('ROLLBACK'),
    [Symbol.asyncDispose]: async () => {
      await session.release();
      await sql.close();
    },
  };
}
