import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import type { ChildWorker } from '../child.ts';
import { createGate, type Scene, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

type Stage = Omit<Scene, 'worker'>;

/** Takes a second or so, and many if nobody stops it. */
const aClip = (seconds: number) => aTask({ kind: 'video', prompt: 'a fox runs', seconds, fps: 8, ext: 'webp' });

/** The codes by which the studio saw sockets end. */
const closes = ({ studio }: Stage): unknown[] =>
  studio.log.events.filter(({ event }) => event === 'session.closed').map(({ fields }) => fields['code']);

/** A child at work on a job that takes this long. */
async function working(scene: Stage, seconds: number): Promise<{ child: ChildWorker; jobId: string }> {
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  const { id } = await scene.studio.createJob(aClip(seconds));
  await scene.studio.jobIs(id, 'running');
  return { child, jobId: id };
}

/** What a worker that ended by itself leaves beside its config. */
const leftBehind = ({ folder }: ChildWorker): string[] =>
  ['daemon.pid', 'local-api.json'].filter((name) => existsSync(join(folder, name)));

test.each(['SIGTERM', 'SIGINT'] as const)('%s to an idle worker closes 1000 and exits 0', async (signal) => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  child.kill(signal);
  expect(await child.exited).toBe(0);
  await scene.studio.until('the end of the socket', ({ is }) => is === 'disconnected');
  expect(closes(scene)).toEqual([1000]);
  expect(leftBehind(child)).toEqual([]);
});

test('a stop while waiting for approval exits 0', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker({ credentials: undefined });
  await scene.studio.until('a registration', ({ is }) => is === 'asked');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  expect(leftBehind(child)).toEqual([]);
});

test('a stop while the upgrade is not answered exits 0 without waiting for it', async () => {
  await using scene = await setupStudio();
  const asked = Promise.withResolvers<void>();
  const hang = (): Promise<Response> => {
    asked.resolve();
    return new Promise(() => {});
  };
  using deaf = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: hang });
  const apiBaseUrl = deaf.url.href;
  const child = await scene.spawnWorker({ credentials: { apiBaseUrl, workerId: 'w-1', authToken: 't0k3n' } });
  await asked.promise;
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});

test('a stop between two tries waits for none and exits 0', async () => {
  await using scene = await setupStudio();
  const gone = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const apiBaseUrl = gone.url.href;
  await gone.stop(true);
  const child = await scene.spawnWorker({ credentials: { apiBaseUrl, workerId: 'w-1', authToken: 't0k3n' } });
  await child.logged('session.lost');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});

test('a stop in the middle of a job finishes, delivers and then exits 0', async () => {
  await using scene = await setupStudio();
  const { child, jobId } = await working(scene, 1);
  child.kill('SIGTERM');
  await child.logged('stop.requested');
  expect((await scene.studio.job(jobId)).state).toBe('running');
  expect(await child.exited).toBe(0);
  expect(await scene.studio.job(jobId)).toMatchObject({ state: 'completed', attempts: 1 });
});

test('a stopping worker takes no further job', async () => {
  await using scene = await setupStudio();
  const { child, jobId } = await working(scene, 1);
  child.kill('SIGTERM');
  await child.logged('stop.requested');
  const next = await scene.studio.createJob(anLlmTask());
  expect(await child.exited).toBe(0);
  expect((await scene.studio.job(jobId)).state).toBe('completed');
  expect((await scene.studio.job(next.id)).state).toBe('queued');
});

test('the last words of a stopping worker reach the studio', async () => {
  await using scene = await setupStudio();
  const { child } = await working(scene, 1);
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  const { lines } = (await (await scene.studio.operator('GET', '/logs?limit=500')).json()) as {
    lines: { message: string }[];
  };
  expect(lines.map(({ message }) => message)).toContain('binary upload ok');
});

test('a second signal hands the job back, to be tried again, and exits 0', async () => {
  await using scene = await setupStudio();
  const { child, jobId } = await working(scene, 60);
  child.kill('SIGTERM');
  await child.logged('stop.requested');
  child.kill('SIGTERM');
  expect(await scene.studio.next('fail')).toMatchObject({ jobId, retryable: true });
  expect(await child.exited).toBe(0);
  expect(await scene.studio.jobIs(jobId, 'queued')).toMatchObject({ attempts: 1 });
  expect(leftBehind(child)).toEqual([]);
});

test('a third signal exits at once with 130', async () => {
  await using scene = await setupStudio();
  const { child } = await working(scene, 60);
  child.kill('SIGTERM');
  await child.logged('stop.requested');
  // Both arrive in one breath: the second has no time to be obeyed.
  for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) child.kill(signal);
  expect(await child.exited).toBe(130);
});

test('a second signal during an upload that stands still keeps the result and ends', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const gate = createGate();
  scene.studio.mischief.freeze = gate;
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  (await engine.started()).finish({ is: 'artifact', bytes: new Uint8Array(9_000), ext: 'webp' });
  await gate.reached;
  scene.worker.signal();
  await scene.worker.logged('stop.requested');
  scene.worker.signal();
  expect(await scene.worker.ended).toBe(0);
  expect(await scene.studio.next('fail')).toMatchObject({ jobId: id, retryable: true });
  expect(scene.worker.status().outbox.count).toBe(1);
  gate.open();
});

test('a job that outlives the grace of a stop is handed back', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], config: { stop_grace_secs: 30 } });
  const { id } = await scene.studio.createJob(anLlmTask());
  await engine.started();
  scene.worker.signal();
  scene.worker.clock.skip(30_000);
  expect(await scene.worker.ended).toBe(0);
  expect((await scene.worker.logged('stop.requested')).fields).toMatchObject({ jobIds: [id], graceMs: 30_000 });
  expect(engine.loaded).toBe(0);
});
