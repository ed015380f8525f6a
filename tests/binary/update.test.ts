import { beforeAll, expect, setDefaultTimeout } from 'bun:test';
import { existsSync } from 'node:fs';
import { generateSecretKey } from '../../install/sign.ts';
import { LINUX, needs } from '../needs.ts';
import { TEST_MS } from '../flow/wait-for.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { builtReleases, NEW, OLD, type RunningWorker, updateScene } from './update-scene.ts';

setDefaultTimeout(2 * TEST_MS);
const test = needs(LINUX);
beforeAll(async () => void (await builtReleases()), BUILD_LIMIT_MS);

const timesOf = (worker: RunningWorker, event: string): number[] =>
  worker.events.filter((one) => one.event === event).map(({ ts }) => Date.parse(String(ts)));

test('a worker updates under its process id and keeps serving', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish();
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `updated: ${OLD} -> ${NEW}\n` });
  expect(await scene.version()).toBe(`studio-worker ${NEW}`);
  const status = JSON.parse((await scene.command('status', '--json')).out) as { worker: Record<string, unknown> };
  expect(status.worker).toMatchObject({ pid: worker.pid, version: NEW, update: { at: 'idle' } });
  const job = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(job.id, 'completed');
  expect(existsSync(`${scene.program}.previous`)).toBe(true);
  expect(timesOf(worker, 'update.swapped-here')).toEqual([]); // it was the release's own installer
  worker.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
});

test('neither way of the session to the new version takes two seconds', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish();
  await scene.command('update');
  const [first = 0, second = 0] = timesOf(worker, 'stop.requested');
  const [, trial = 0, served = 0] = timesOf(worker, 'session.welcomed');
  expect(trial - first).toBeLessThan(2_000);
  expect(served - second).toBeLessThan(2_000);
});

test('a version that does not start costs no session, and is not tried again', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish({ run: 'echo "cannot find module" >&2; exit 3' });
  const { code, err } = await scene.command('update');
  expect(code).toBe(1);
  expect(err).toContain(`${NEW} was not installed: the new version exited with 3 before it served [update.failed]`);
  expect(timesOf(worker, 'session.welcomed')).toHaveLength(1);
  expect(await scene.version()).toBe(`studio-worker ${OLD}`);
  const [fault] = await scene.faults();
  expect(fault).toMatchObject({ version: NEW, count: 2, output: 'cannot find module\n' });
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `up to date: ${OLD}\n` });
});

test('a version that dies after the hand-over is followed by the old one', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish({ run: `echo '{"trial":"ready"}'; read -r go; echo "$go" >&2; exit 4` });
  expect(await scene.command('update')).toMatchObject({ code: 1 });
  await worker.logged('session.welcomed', 2);
  const status = JSON.parse((await scene.command('status', '--json')).out) as { worker: Record<string, unknown> };
  expect(status.worker).toMatchObject({ pid: worker.pid, version: OLD, update: { at: 'shelved', version: NEW } });
  const job = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(job.id, 'completed');
  expect(await scene.faults()).toMatchObject([{ version: NEW, output: 'go\n' }]);
});

for (const [what, ending] of [
  ['archive', 'tar.xz'],
  ['installer', 'installer.sh'],
] as const) {
  test(`a release with another ${what} than its manifest says is not installed`, async () => {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await scene.publish({ run: 'exit 0' });
    const path = [...scene.server.files.keys()].find((file) => file.endsWith(ending)) ?? '';
    const bytes = Uint8Array.from(scene.server.files.get(path) ?? []);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    scene.server.files.set(path, bytes);
    expect(await scene.command('update')).toMatchObject({ code: 1 });
    expect(String((await worker.logged('update.failed'))['error'])).toMatch(/SHA-256|sha256/);
    expect(await scene.version()).toBe(`studio-worker ${OLD}`);
    expect(timesOf(worker, 'stop.requested')).toEqual([]);
  });
}

test('a release that a stranger signed is not even downloaded', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish({ run: 'exit 0', signedBy: generateSecretKey() });
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `up to date: ${OLD}\n` });
  expect(String((await worker.logged('release.rejected'))['because'])).toContain('which is none of ours');
  expect(scene.server.requested.filter((path) => path.endsWith('.tar.xz'))).toEqual([]);
});

test('a worker its studio rejects updates to the version that may be accepted', async () => {
  await using scene = await updateScene();
  await scene.publish();
  for (let upgrade = 0; upgrade < 5; upgrade++)
    scene.studio.mischief.refuseUpgrades.push(new Response('', { status: 401 }));
  await using worker = scene.launch();
  for (const step of ['update.staged', 'stop.requested', 'update.replaced']) await worker.logged(step);
  expect(await scene.version()).toBe(`studio-worker ${NEW}`);
  expect(await worker.exited).toBe(77); // it is not let in either, and checks no more
});

test('the operator goes back to the version before, and is not moved on again', async () => {
  await using scene = await updateScene();
  await using worker = await scene.start();
  await scene.publish();
  await scene.command('update');
  expect(await scene.command('update', '--rollback')).toMatchObject({ code: 0, out: `updated: ${NEW} -> ${OLD}\n` });
  expect(await scene.version()).toBe(`studio-worker ${OLD}`);
  await worker.logged('session.welcomed', 4);
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `up to date: ${OLD}\n` });
});

test('without a running worker the command installs by itself', async () => {
  await using scene = await updateScene();
  await scene.publish();
  expect(await scene.command('update', '--dry-run')).toMatchObject({
    code: 0,
    out: `would update: ${OLD} -> ${NEW}\n`,
  });
  expect(await scene.version()).toBe(`studio-worker ${OLD}`);
  expect(await scene.command('update')).toMatchObject({ code: 0, out: `updated: ${OLD} -> ${NEW}\n` });
  expect(await scene.version()).toBe(`studio-worker ${NEW}`);
  await using _worker = await scene.start();
});

for (const event of ['update.downloading', 'update.staged', 'update.tried', 'stop.requested', 'update.replaced']) {
  test(`a worker that is killed at ${event} leaves one that works, and no child`, async () => {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await scene.publish({ installer: false }); // which takes longer and is killed in its own tests
    const updating = scene.command('update');
    await worker.logged(event);
    worker.kill('SIGKILL');
    await worker.exited;
    expect(await scene.version()).toMatch(/^studio-worker 0\.[67]\.0$/);
    await using after = await scene.start(); // gets the lock, the local API and a session
    expect((await scene.command('status', '--json')).out).toContain(`"pid": ${after.pid}`);
    await updating;
  });
}

test('a version that dies three times is taken back at its fourth start', async () => {
  await using scene = await updateScene('ws_reconnect_attempts = 0\n');
  await scene.publish();
  await scene.command('update');
  await scene.studio[Symbol.asyncDispose](); // so that it never comes to work
  for (let start = 0; start < 3; start++) {
    await using worker = scene.launch();
    await worker.logged('session.connecting');
    worker.kill('SIGKILL');
    await worker.exited;
  }
  expect(await scene.version()).toBe(`studio-worker ${NEW}`);
  await using worker = scene.launch();
  expect(await worker.logged('worker.started')).toMatchObject({ version: OLD });
  expect(worker.stderr()).toContain(`studio-worker ${NEW} is taken back: it ended 3 times in a row`);
  expect(await scene.version()).toBe(`studio-worker ${OLD}`);
  expect(await scene.state()).toMatchObject({ rolledBack: { version: NEW }, faults: [{ version: NEW, count: 2 }] });
});
