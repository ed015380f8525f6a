import { afterAll, beforeAll, expect } from 'bun:test';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { type PostgresServer, startPostgresServer } from '../../fakes/studio/postgres-server.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { result, working } from './local-studio-scene.ts';

let server: PostgresServer | undefined;
beforeAll(async () => {
  if (POSTGRES.isMet()) server = await startPostgresServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const test = needs(POSTGRES);
const newDatabase = async (): Promise<string> => (await server?.newDatabase()) ?? '';

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
  await server?.crash();
  const job = await working(studio, worker);
  worker.send(result(job.id));
  await worker.next('completeAck');
  expect(await studio.job(before.id)).toMatchObject({ state: 'completed' }); // was acknowledged, so it was on the disk
});
