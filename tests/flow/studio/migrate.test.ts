import { expect } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '../../../src/base/urls.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { moveStudioData } from '../../../src/local-studio/storage/moving/move-data.ts';
import { openStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import { bareWorker, jobOf } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { needs, POSTGRES } from '../../needs.ts';
import type { AuditPage } from '../../../src/contract/operator/audit.ts';
import type { JobView } from '../../../src/contract/operator/views.ts';
import { asProject, projectToken } from './project-scene.ts';
import { anImage, result, working } from './local-studio-scene.ts';

const { newDatabase } = postgresOfFile();

const test = needs(POSTGRES);

/** A studio on SQLite with a worker, an artifact, a JSON result and a job that waits; stopped. */
async function stoppedStudio() {
  const studio = await fakeStudio();
  const credentials = await studio.enrol();
  const worker = await bareWorker(credentials);
  const image = await working(studio, worker, anImage);
  await worker.upload(image.id, new Uint8Array([1, 2, 3]));
  await worker.heartbeat();
  const chat = await working(studio, worker);
  worker.send(result(chat.id));
  await worker.next('completeAck');
  worker[Symbol.dispose]();
  await worker.closed;
  const waiting = await studio.createJob(anLlmTask());
  await studio.operator('POST', '/projects', { name: 'p', maxRunning: 0, maxQueued: 9 });
  await studio.operator('PATCH', '/projects/default', { maxQueued: 50 });
  const token = await projectToken(studio);
  const held = await studio.createJob(anLlmTask(), { project: 'p' });
  await studio.studio.stop();
  return {
    token,
    held,
    studio,
    credentials,
    image,
    chat,
    waiting,
    [Symbol.asyncDispose]: () => studio[Symbol.asyncDispose](),
  };
}

test('a studio moves with its artifacts, and its worker continues there', async () => {
  await using old = await stoppedStudio();
  await using store = await startS3Server();
  const place = { database: await newDatabase(), artifactStore: { ...store.options, prefix: '', redirects: false } };
  const moved = await moveStudioData({ ...place, dataDir: old.studio.dataDir }, studioEffects);
  expect(moved).toEqual({ workers: 1, models: 0, jobs: 4, artifacts: 1, missing: 0 });

  await using studio = await fakeStudio(place);
  const artifact = await studio.operator('GET', `/jobs/${old.image.id}/artifact`);
  expect([...(await artifact.bytes())]).toEqual([1, 2, 3]);
  expect(await studio.job(old.chat.id)).toMatchObject({ state: 'completed', result: { text: 'hello' } });
  expect(await studio.attempts(old.chat.id)).toMatchObject([{ number: 1, outcome: 'completed' }]);
  using worker = await bareWorker({ ...old.credentials, apiBaseUrl: studio.url });
  expect(jobOf(await worker.next('offer'))).toBe(old.waiting.id);
  const { jobs } = (await (await asProject(studio, old.token, 'GET', '/jobs')).json()) as { jobs: JobView[] };
  expect(jobs).toMatchObject([{ id: old.held.id, project: 'p', waitsFor: 'project p runs 0 of at most 0 jobs' }]);
  expect(await (await studio.operator('GET', '/projects/default')).json()).toMatchObject({ limits: { maxQueued: 50 } });
  const { entries } = (await (await studio.operator('GET', '/audit')).json()) as AuditPage;
  expect(entries.map(({ action }) => action)).toContain('token.added');
  await studio.operator('POST', '/projects', { name: 'q' });
  const { entries: newer } = (await (await studio.operator('GET', '/audit?limit=1')).json()) as AuditPage;
  expect(newer).toMatchObject([{ action: 'project.added', subject: 'q', seq: (entries[0]?.seq ?? 0) + 1 }]);
  expect((await studio.createJob(anLlmTask())).state).toBe('queued'); // its number is above those that were moved
});

test('a database that holds a studio already is left alone', async () => {
  await using old = await stoppedStudio();
  await using other = await stoppedStudio();
  const database = await newDatabase();
  await moveStudioData({ database, dataDir: old.studio.dataDir }, studioEffects);
  expect(await failureOf(moveStudioData({ database, dataDir: other.studio.dataDir }, studioEffects))).toMatchObject({
    code: 'studio.database-unusable',
    hint: 'Name an empty database.',
  });
  await other.studio.restart(); // it was not marked as moved
  expect(await other.studio.job(other.chat.id)).toMatchObject({ state: 'completed' });
});

test('a studio that has moved neither starts nor moves again', async () => {
  await using old = await stoppedStudio();
  const { dataDir } = old.studio;
  const database = (await newDatabase()).replace('studio@', 'studio:secret-of-mine@');
  await moveStudioData({ database, dataDir }, studioEffects);
  const moved = { code: 'studio.moved', message: expect.stringContaining(shownUrl(database)) };
  expect(await failureOf(moveStudioData({ database: await newDatabase(), dataDir }, studioEffects))).toMatchObject(
    moved,
  );
  expect(await failureOf(moveStudioData({ database, dataDir }, studioEffects))).toMatchObject(moved);
  expect(await failureOf(openStudioData({ dataDir }, studioEffects, recordingLogger()))).toMatchObject(moved);
  for (const name of await readdir(dataDir)) {
    if (name !== 'artifacts') expect(await readFile(join(dataDir, name), 'latin1')).not.toContain('secret-of-mine');
  }
});

test('a database on which a studio runs is no target', async () => {
  await using old = await stoppedStudio();
  const database = await newDatabase();
  await using running = await fakeStudio({ database });
  const failure = await failureOf(moveStudioData({ database, dataDir: old.studio.dataDir }, studioEffects));
  expect(failure).toMatchObject({
    code: 'studio.database-unusable',
    message: expect.stringContaining('a studio runs on'),
  });
  await running.restart(); // and it is not reserved any more
});

test('a folder without a studio is not moved as an empty one', async () => {
  await using folder = await tempFolder();
  const moving = moveStudioData({ database: await newDatabase(), dataDir: folder.path }, studioEffects);
  expect(await moving.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'file.unusable' });
  expect(await readdir(folder.path)).toEqual([]);
});

test('two moves from one folder do not happen at the same time', async () => {
  await using old = await stoppedStudio();
  const { dataDir } = old.studio;
  const place = { database: await newDatabase(), dataDir };
  const ends = await Promise.allSettled([moveStudioData(place, studioEffects), moveStudioData(place, studioEffects)]);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const second = ends.find((end) => end.status === 'rejected');
  expect(second?.reason).toMatchObject({ code: 'studio.data-in-use' });
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
