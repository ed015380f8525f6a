import { beforeAll, expect, setDefaultTimeout } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../../src/system/process/alive.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { TEST_MS, waitFor } from '../flow/wait-for.ts';
import { type Condition, LINUX, needs } from '../needs.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { builtReleases, NEW, OLD, updateScene, type UpdateScene } from './update-scene.ts';

setDefaultTimeout(4 * TEST_MS);
const ROOT: Condition = { kind: 'permission', name: 'root', isMet: () => process.getuid?.() === 0 };
beforeAll(async () => void (await builtReleases()), BUILD_LIMIT_MS);

const workOf = ({ program }: UpdateScene): string => join(dirname(program), '.studio-worker-install');
/** Of the installer at work; NaN until it says so. */
const pidIn = (folder: string): number => {
  const path = join(folder, 'pid');
  return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8')) : Number.NaN;
};

/** How far the installer has come, by what it leaves on the disk. */
const STEPS: Readonly<Record<string, (scene: UpdateScene) => boolean>> = {
  'has its folder': (scene) => pidIn(workOf(scene)) > 1,
  'unpacks the program': (scene) => readdirSync(workOf(scene)).some((name) => name.startsWith('studio-worker-')),
  'tries the program': (scene) => existsSync(join(workOf(scene), 'cache')) || existsSync(join(workOf(scene), 'why')),
  'has replaced the program': ({ program }) => statSync(program).nlink === 1 && existsSync(`${program}.previous`),
};

for (const [step, isAt] of Object.entries(STEPS)) {
  needs(LINUX, 'xz')(`whoever kills worker and installer once it ${step} is left one that works`, async () => {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await scene.publish();
    const updating = scene.command('update');
    for (const event of ['update.staged', 'stop.requested']) await worker.logged(event);
    await waitFor('the installer', () => pidIn(workOf(scene)) > 1, worker.stderr);
    const installer = pidIn(workOf(scene));
    await waitFor(`an installer that ${step}`, () => isAt(scene), worker.stderr);
    worker.kill('SIGKILL');
    process.kill(installer, 'SIGKILL');
    await worker.exited;
    await waitFor('the end of the installer', () => !isAlive(installer), worker.stderr);
    expect(await scene.version()).toMatch(/^studio-worker 0\.[67]\.0$/);
    await using _after = await scene.start(); // it gets the lock, the local API and a session
    await updating;
    await scene.command('update');
    expect(await scene.version()).toBe(`studio-worker ${NEW}`);
    expect(readdirSync(dirname(scene.program)).toSorted()).toEqual(['studio-worker', 'studio-worker.previous']);
  });
}

/** Where the disk is full, and how many megabytes fit beside what is there: the archive, but not what is in it. */
const DISKS = { 'the new version is unpacked': 'staging', 'it is put in its place': 'program' } as const;

for (const [when, where] of Object.entries(DISKS)) {
  needs(
    LINUX,
    ROOT,
    'unshare',
    'xz',
  )(`a disk that is full when ${when} leaves the old version serving`, async () => {
    await using scene = await updateScene();
    const small = where === 'staging' ? scene.staging : dirname(scene.program);
    await mkdir(small, { recursive: true });
    await scene.publish();
    const megabytes = Math.ceil(statSync(scene.program).size / 1e6) + (where === 'staging' ? 0 : 40);
    // A mount in a namespace of its own: it is gone with the process.
    const script = `mkdir "$1.kept" && cp -a "$1/." "$1.kept" && mount -t tmpfs -o size=$2m tmpfs "$1" && cp -a "$1.kept/." "$1" && shift 2 && exec "$@"`;
    await using worker = scene.launch(['unshare', '--mount', 'sh', '-c', script, 'sh', small, String(megabytes)]);
    await worker.logged('session.welcomed');
    const { code, err } = await scene.command('update');
    expect([code, err]).toEqual([1, expect.stringMatching(/No space left|no disk space|disk/i)]);
    await worker.logged('session.welcomed', where === 'staging' ? 1 : 3);
    const job = await scene.studio.createJob(anLlmTask());
    await scene.studio.jobIs(job.id, 'completed');
    const inPlace = Bun.spawnSync([`/proc/${worker.pid}/root${scene.program}`, '--version']).stdout.toString();
    expect(inPlace).toBe(`studio-worker ${OLD}\n`);
    expect((await scene.state()).faults).toEqual([]); // nothing is wrong with the version
  });
}
