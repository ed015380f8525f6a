import { expect, setDefaultTimeout } from 'bun:test';
import { waitFor, TEST_MS } from '../wait-for.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { openFaultyStore } from '../../fakes/studio/faulty-store.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { completed, enrol, stubbornWorker } from './killed-studios.ts';
import { keepCreating, migrateCommand, studioCommand } from './moving-scene.ts';

setDefaultTimeout(TEST_MS);
const { newDatabase } = postgresOfFile();
const test = needs(POSTGRES);

const WORKERS = 3;
const JOBS_BEFORE = 12;

test('a studio moves while it runs, and loses no job and no artifact', async () => {
  await using folder = await tempFolder();
  await using s3 = await startS3Server();
  await using store = await openFaultyStore(s3.options.endpoint, s3.options.bucket, fakeRandom(1));
  await using left = new AsyncDisposableStack();
  const database = await newDatabase();
  const { accessKeyId, secretAccessKey } = s3.options.credentials;
  const variables = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const bucket = ['--artifacts', `s3://${s3.options.bucket}/studio`, '--endpoint', store.endpoint];
  const start = async (argv: readonly string[], more: Readonly<Record<string, string>>) => {
    const studio = await studioCommand(folder.path, argv, more);
    left.defer(async () => {
      studio.child.kill('SIGKILL');
      await studio.child.exited;
    });
    return studio;
  };

  const old = await start(['--port', '0'], {});
  const stop = new AbortController();
  left.defer(() => stop.abort());
  const workers: Promise<void>[] = [];
  for (let at = 0; at < WORKERS; at++) workers.push(stubbornWorker(await enrol(old), stop.signal));
  const stopCreating = new AbortController();
  left.defer(() => stopCreating.abort());
  const created = keepCreating(old, stopCreating.signal);
  await waitFor(
    'some jobs',
    () => created.ids.length >= JOBS_BEFORE,
    () => `there are ${created.ids.length}`,
  );

  const migrated = await migrateCommand(folder.path, ['--from', folder.path, '--to', database, ...bucket], variables);
  expect(migrated).toMatchObject({ code: 0, err: expect.stringContaining('the studio waits') });
  expect(JSON.parse(migrated.out)).toMatchObject({ workers: WORKERS, missing: 0 });
  const end = await old.ended;
  expect(end.code).toBe(69);
  expect(end.err).toContain('has moved to postgres://127.0.0.1');
  expect(end.err).toContain('--database');

  const token = { STUDIO_WORKER_STUDIO_TOKEN: old.operatorToken, STUDIO_WORKER_STUDIO_DATABASE: database };
  const studio = await start(['--port', String(old.port), ...bucket], { ...variables, ...token });
  const before = created.ids.length;
  await waitFor(
    'jobs at the new studio',
    () => created.ids.length > before + 4,
    () => `there are ${created.ids.length}`,
  );
  stopCreating.abort();
  await created.done;
  for (const id of created.ids) await completed(studio, id);
  stop.abort();
  await Promise.all(workers);
  expect(created.refusals.filter((status) => status !== 503)).toEqual([]);
});
