import { expect, setDefaultTimeout } from 'bun:test';
import { join } from 'node:path';
import { moveStudioData } from '../../../src/local-studio/storage/moving/move-data.ts';
import { openStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import { openSqlite } from '../../../src/system/database/sqlite.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { TEST_MS } from '../wait-for.ts';
import { result, working } from './local-studio-scene.ts';

setDefaultTimeout(TEST_MS);
const { newDatabase } = postgresOfFile();
const test = needs(POSTGRES);

/** A studio that runs, with a job that is done and one that a worker has; and a move that is killed at a statement. */
async function killedAt(statement: string) {
  const studio = await fakeStudio();
  const credentials = await studio.enrol();
  const worker = await bareWorker(credentials);
  const done = await working(studio, worker);
  worker.send(result(done.id));
  await worker.next('completeAck');
  const running = await working(studio, worker);
  const database = await newDatabase();
  const program = `${import.meta.dir}/../../fakes/studio/killed-move.ts`;
  const argv = [process.execPath, program, studio.dataDir, database, statement];
  const child = Bun.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
  return {
    studio,
    worker,
    done,
    running,
    database,
    start: () => openStudioData({ dataDir: studio.dataDir, database }, studioEffects, recordingLogger()),
    move: () => moveStudioData({ dataDir: studio.dataDir, database }, studioEffects),
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await studio[Symbol.asyncDispose]();
    },
  };
}

const isOnItsWay = { code: 'studio.data-in-use', message: expect.stringContaining('on its way') };

const BEFORE_THE_MARK = [
  ['as the target is reserved', 'INSERT INTO arrival'],
  ['once the target is reserved', 'pg_stat_activity'],
  ['while jobs are copied', 'INSERT INTO jobs'],
  ['while the rest is copied', 'setval('],
  ['once all is copied', 'CREATE TRIGGER moved'],
  ['as the old database is marked', 'INSERT INTO moved'],
] as const;

for (const [when, statement] of BEFORE_THE_MARK) {
  test(`a move killed ${when} leaves the old studio in charge, and resumes`, async () => {
    await using scene = await killedAt(statement);
    const { studio, worker, running, done, database } = scene;
    worker.send(result(running.id));
    await worker.next('completeAck');
    const newer = await studio.createJob(anLlmTask());
    if (statement !== 'INSERT INTO arrival') expect(await scene.start().catch(String)).toContain('on its way');
    expect(await scene.move()).toMatchObject({ jobs: 3 });
    await using moved = await fakeStudio({ database });
    for (const { id } of [done, running]) {
      expect(await moved.attempts(id)).toMatchObject([{ outcome: 'completed' }]);
    }
    expect(await moved.job(newer.id)).toMatchObject({ id: newer.id });
  });
}

test('a studio that starts again notes no changes for a move that was killed', async () => {
  await using scene = await killedAt('INSERT INTO jobs');
  const { studio } = scene;
  expect(await notesIn(studio.dataDir)).toBeGreaterThan(0);
  await studio.restart();
  expect(await notesIn(studio.dataDir)).toBe(0);
  expect(await scene.move()).toMatchObject({ jobs: 2 });
});

/** How much a move left in the database of a studio. */
async function notesIn(dataDir: string): Promise<number> {
  const sql = openSqlite(join(dataDir, 'studio.sqlite'));
  const rows = await sql.query("SELECT 1 FROM sqlite_master WHERE name LIKE 'moving_%'");
  await sql.close();
  return rows.length;
}

test('a move killed after the mark leaves nobody in charge until it resumes', async () => {
  await using scene = await killedAt('DELETE FROM arrival');
  const { studio, running } = scene;
  expect(studio.createJob(anLlmTask())).rejects.toThrow('the studio answered 503');
  expect(scene.start()).rejects.toMatchObject(isOnItsWay);
  const elsewhere = moveStudioData({ dataDir: studio.dataDir, database: await newDatabase() }, studioEffects);
  expect(await elsewhere.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'studio.moved' });
  expect(await scene.move()).toEqual({ workers: 1, models: 0, jobs: 2, artifacts: 0, missing: 0 });
  await using moved = await fakeStudio({ database: scene.database });
  expect(await moved.job(running.id)).toMatchObject({ state: 'running' });
});
