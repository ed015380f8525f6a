import { expect, setDefaultTimeout, test } from 'bun:test';
import { lstat, mkdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { aTask } from '../../fakes/builders.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { command } from '../child.ts';
import { createGate, type Scene, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

type Stage = Omit<Scene, 'worker'>;

/** A release from before results were moved is one that finds no folder for data: its home is the config folder. */
type Release = 'of today' | 'from before';

/** An account whose worker the studio knows, and that keeps its config where the platform does. */
async function anAccount(scene: Stage) {
  const at = await tempFolder();
  const { workerId, authToken, apiBaseUrl } = await scene.studio.enrol();
  const config = {
    api_base_url: apiBaseUrl,
    worker_id: workerId,
    auth_token: authToken,
    models_root: at.at('models'),
    local_api_port: 0,
  };
  const folder = at.at('.config/minis-studio-worker');
  await mkdir(folder, { recursive: true });
  const variables = (release: Release) => ({ HOME: release === 'of today' ? at.path : folder, XDG_DATA_HOME: '' });
  return {
    beside: join(folder, 'outbox'),
    home: at.at('.local/share/studio-worker/outbox'),
    start: (release: Release) => scene.spawnWorker({ folder, config, variables: variables(release) }),
    paths: () => command(folder, 'paths', '--json'),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

/** A worker that is killed while it uploads, which leaves the result on disk. Gives the job. */
async function leaveResult(scene: Stage, account: Awaited<ReturnType<typeof anAccount>>, release: Release) {
  const worker = await account.start(release);
  await worker.logged('session.welcomed');
  const gate = createGate();
  scene.studio.mischief.freeze = gate;
  const { id } = await scene.studio.createJob(aTask({ kind: 'audio_tts', text: 'hello' }));
  await gate.reached;
  worker.kill('SIGKILL');
  await worker.exited;
  scene.studio.mischief.freeze = undefined;
  gate.open();
  return { id, worker };
}

test('a result from before the outbox was moved is moved with it and delivered', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount(scene);
  const { id } = await leaveResult(scene, account, 'from before');
  expect((await lstat(account.beside)).isDirectory()).toBe(true);
  const next = await account.start('of today');
  expect(await next.logged('outbox.moved')).toMatchObject({ path: account.beside, target: account.home });
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  expect(await readlink(account.beside)).toBe(account.home);
  const kept = JSON.parse((await account.paths()).out) as readonly { what: string; path: string }[];
  expect(kept.find(({ what }) => what === 'undelivered results')?.path).toBe(account.home);
});

test('after a rollback the release from before delivers what the new one left', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount(scene);
  const { id, worker } = await leaveResult(scene, account, 'of today');
  expect(worker.events.filter(({ event }) => event === 'outbox.moved')).toEqual([]);
  expect(await readlink(account.beside)).toBe(account.home);
  await account.start('from before');
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
});
