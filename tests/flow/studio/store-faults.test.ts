import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { GRACE_MS, OFFER_ANSWER_MS } from '../../../src/local-studio/queue/timing.ts';
import { TAKE_BACK_AGAIN_MS } from '../../../src/local-studio/sessions/graces.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import type { BareWorker } from '../../fakes/studio/bare-worker.ts';
import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { waitFor } from '../wait-for.ts';
import { setup, working } from './local-studio-scene.ts';

/** Lets no job change, as a disk that fails for a while, until it is disposed of. */
function brokenJobs(studio: FakeStudio): Disposable {
  const run = (text: string): void => {
    using database = new Database(join(studio.dataDir, 'studio.sqlite'));
    database.run('PRAGMA busy_timeout = 10000');
    database.run(text);
  };
  run(`CREATE TRIGGER broken BEFORE UPDATE OF state ON jobs BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END`);
  return { [Symbol.dispose]: () => run('DROP TRIGGER broken') };
}

const cut = async ({ studio, worker }: { studio: FakeStudio; worker: BareWorker }): Promise<void> => {
  worker.socket.terminate();
  await studio.until('the loss', (event) => event.is === 'disconnected');
};

const failed = ({ studio }: { studio: FakeStudio }): Promise<void> =>
  waitFor(
    'the store to fail',
    () => studio.log.find('studio.failed') !== undefined,
    () => studio.log.names().join(),
  );

/** The next time that a job comes into the queue; the first is when it was created. */
const queued = ({ studio }: { studio: FakeStudio }): Promise<unknown> =>
  studio.until('the job to be queued', (event) => event.is === 'moved' && event.to === 'queued');

test('a grace that ends while the store fails ends later', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await working(world.studio, world.worker);
  await cut(world);
  await queued(world);
  {
    using _ = brokenJobs(world.studio);
    clock.advance(GRACE_MS);
    await failed(world);
  }
  expect((await world.studio.job(job.id)).state).toBe('running');
  clock.advance(TAKE_BACK_AGAIN_MS);
  await queued(world);
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'queued', attempts: 1 });
});

test('an unanswered offer is taken back once the store works again', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await world.studio.createJob(anLlmTask());
  await world.worker.next('offer');
  await queued(world);
  {
    using _ = brokenJobs(world.studio);
    clock.advance(OFFER_ANSWER_MS);
    await failed(world);
  }
  expect((await world.studio.job(job.id)).state).toBe('offered');
  await cut(world);
  clock.advance(TAKE_BACK_AGAIN_MS);
  await queued(world);
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'queued', attempts: 0 });
});

test.each([
  ['offered', {}],
  ['running', { withoutResume: true }],
] as const)('a job that was %s comes back although the store failed', async (state, studio) => {
  const clock = new FakeClock();
  await using world = await setup({ clock, ...studio });
  const job = await (state === 'running' ? working(world.studio, world.worker) : world.studio.createJob(anLlmTask()));
  if (state === 'offered') await world.worker.next('offer');
  await queued(world);
  {
    using _ = brokenJobs(world.studio);
    await cut(world);
    await failed(world);
  }
  expect((await world.studio.job(job.id)).state).toBe(state);
  clock.advance(TAKE_BACK_AGAIN_MS);
  await queued(world);
  expect((await world.studio.job(job.id)).state).toBe('queued');
});
