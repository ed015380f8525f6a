import { beforeAll, expect, setDefaultTimeout } from 'bun:test';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../src/release/manifest.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { tagOf } from '../fakes/release/release-server.ts';
import { TEST_MS } from '../flow/wait-for.ts';
import { LINUX, needs } from '../needs.ts';
import { type Broken, builtBroken } from './broken.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { builtReleases, NEW, OLD, type RunningWorker, updateScene, type UpdateScene } from './update-scene.ts';

setDefaultTimeout(2 * TEST_MS);
const test = needs(LINUX, 'xz');
beforeAll(async () => void (await builtReleases()), BUILD_LIMIT_MS);

/** Older than what is installed, and between that and the new version. */
const [ANCIENT, BETWEEN, NEWER] = ['0.5.0', '0.6.5', '0.8.0'];
const FAILS = 'exit 3';

const sessionsOf = (worker: RunningWorker): number =>
  worker.events.filter(({ event }) => event === 'session.welcomed').length;

/** The old version is in its place, runs under the process id it had, and completes a job. */
async function oldOneServes(scene: UpdateScene, worker: RunningWorker): Promise<void> {
  expect(await scene.version()).toBe(`studio-worker ${OLD}`);
  const { worker: status } = JSON.parse((await scene.command('status', '--json')).out) as Record<string, unknown>;
  expect(status).toMatchObject({ pid: worker.pid, version: OLD });
  const job = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(job.id, 'completed');
}

test('a version that cannot be loaded is never tried, and skipped after two attempts', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish({ executable: await builtBroken('at import') });
  for (let time = 0; time < 2; time++) {
    const { code, err } = await scene.command('update');
    expect([code, err]).toEqual([1, expect.stringContaining('a part of this version cannot be loaded')]);
  }
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `up to date: ${OLD}\n` });
  expect(await scene.faults()).toMatchObject([{ version: NEW, count: 2 }]);
  expect(sessionsOf(worker)).toBe(1);
  await oldOneServes(scene, worker);
});

const TRIALS: readonly (readonly [Broken, title: string, because: RegExp, sessions: number])[] = [
  ['at run', 'that passes its own test and crashes when it runs costs no session', /exited with 1/, 1],
  ['hangs', 'that hangs once it has the machine is ended after a minute', /did not serve within 1 min/, 2],
];
for (const [how, title, because, sessions] of TRIALS) {
  test(`a version ${title}`, async () => {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await scene.publish({ executable: await builtBroken(how) });
    const updating = scene.command('update');
    await worker.logged('update.tried');
    const { code } = await updating;
    expect(code).toBe(1);
    await worker.logged('session.welcomed', sessions);
    expect(await scene.faults()).toMatchObject([{ version: NEW, count: 2, because: expect.stringMatching(because) }]);
    await oldOneServes(scene, worker);
    expect(sessionsOf(worker)).toBe(sessions);
  });
}

/** What a feed may try, whose every file was signed by the project once. */
const TRICKS: Readonly<Record<string, { readonly set: (scene: UpdateScene) => Promise<void>; readonly says: RegExp }>> =
  {
    'an older version is offered as the only one': {
      set: async (scene) => await scene.publish({ version: ANCIENT, run: FAILS }),
      says: /^up to date: 0\.6\.0$/m,
    },
    'a version below the highest that was seen is offered': {
      async set(scene) {
        await scene.publish({ run: FAILS });
        await scene.command('check-update');
        await scene.command('update'); // it does not serve, and its number is remembered
        scene.server.withdraw(NEW);
        await scene.publish({ version: BETWEEN, run: FAILS });
      },
      says: /^up to date: 0\.6\.0$/m,
    },
    'the manifest of an older version is shown under a newer tag': {
      async set(scene) {
        await scene.publish({ version: ANCIENT, run: FAILS });
        await scene.publish({ run: FAILS });
        for (const file of [MANIFEST_FILE, SIGNATURE_FILE]) replace(scene, [NEW, file], [ANCIENT, file]);
      },
      says: /^up to date: 0\.6\.0$/m,
    },
    'a manifest comes with the signature of another': {
      async set(scene) {
        await scene.publish({ version: NEWER, run: FAILS });
        await scene.publish({ run: FAILS });
        replace(scene, [NEW, SIGNATURE_FILE], [NEWER, SIGNATURE_FILE]);
        scene.server.withdraw(NEWER);
      },
      says: /^up to date: 0\.6\.0$/m,
    },
    'a version comes with the archive of another': {
      async set(scene) {
        await scene.publish({ version: NEWER, run: `${FAILS} # another` });
        await scene.publish({ run: FAILS });
        const archive = [...scene.server.files.keys()].find((path) => path.endsWith('.tar.xz'))?.split('/')[1] ?? '';
        replace(scene, [NEW, archive], [NEWER, archive]);
        scene.server.withdraw(NEWER);
      },
      says: /is not the file|SHA-256|sha256|bytes/,
    },
  };

/** Puts a file of one release into the place of another's. */
function replace({ server: { files } }: UpdateScene, [version, file]: readonly string[], by: readonly string[]): void {
  const path = (release = '', name = ''): string => `${tagOf(release)}/${name}`;
  const bytes = files.get(path(...by));
  if (bytes === undefined) throw new Error(`no ${by.join(' ')}`);
  files.set(path(version, file), bytes);
}

for (const [trick, { set, says }] of Object.entries(TRICKS)) {
  test(`nothing is tried or replaced where ${trick}`, async () => {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await set(scene);
    const tried = worker.events.filter(({ event }) => event === 'update.tried').length;
    const { out, err } = await scene.command('update');
    expect(out + err).toMatch(says);
    expect(worker.events.filter(({ event }) => event === 'update.tried')).toHaveLength(tried);
    expect(sessionsOf(worker)).toBe(1);
    await oldOneServes(scene, worker);
  });
}

test('an older version that is asked for by its number is refused without force', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish({ version: ANCIENT, run: FAILS });
  const { code, err } = await scene.command('update', '--version', ANCIENT);
  expect([code, err]).toEqual([77, expect.stringContaining(`${OLD} was seen already`)]);
  await oldOneServes(scene, worker);
});
