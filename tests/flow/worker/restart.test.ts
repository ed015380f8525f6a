import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import type { ChildWorker } from '../child.ts';
import { createGate, type LocalWorker, type Scene, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

type Stage = Omit<Scene, 'worker'>;

const aSound = aTask({ kind: 'audio_tts', text: 'hello' });
/** Large enough for a file of its own in the outbox. */
const picture = { is: 'artifact', bytes: new Uint8Array(100_000).fill(7), ext: 'webp' } as const;
const completions = ({ studio }: Stage): string[] =>
  studio.events.flatMap((event) => (event.is === 'moved' && event.to === 'completed' ? [event.jobId] : []));

async function killed(child: ChildWorker): Promise<void> {
  child.kill('SIGKILL');
  await child.exited;
}

/** Ends a worker the hard way as far as its results go: what waits stays on disk. */
async function ended(worker: LocalWorker): Promise<void> {
  worker.signal();
  worker.signal();
  await worker.ended;
}

test('a worker killed while it computes does the job again after its restart', async () => {
  await using scene = await setupStudio();
  const first = await scene.spawnWorker();
  await first.logged('session.welcomed');
  const { id } = await scene.studio.createJob(
    aTask({ kind: 'video', prompt: 'a fox', seconds: 1, fps: 8, ext: 'webp' }),
  );
  await scene.studio.jobIs(id, 'running');
  await killed(first);
  await scene.spawnWorker({ folder: first.folder });
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 2 });
  expect((await scene.studio.attempts(id)).map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
  expect(completions(scene)).toEqual([id]);
});

test('a worker killed during an upload delivers the result before it says hello again', async () => {
  await using scene = await setupStudio();
  const first = await scene.spawnWorker();
  await first.logged('session.welcomed');
  const gate = createGate();
  scene.studio.mischief.freeze = gate;
  const { id } = await scene.studio.createJob(aSound);
  await gate.reached;
  await killed(first);
  scene.studio.mischief.freeze = undefined;
  const before = scene.studio.events.length;
  await scene.spawnWorker({ folder: first.folder });
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  await scene.studio.next('heartbeat');
  await scene.studio.next('heartbeat');
  const order = scene.studio.events.slice(before).flatMap((event) => {
    if (event.is === 'uploaded') return [`uploaded ${event.status}`];
    return event.is === 'connected' ? ['connected'] : [];
  });
  expect(order).toEqual(['uploaded 200', 'connected']);
  gate.open();
});

test('a worker killed between its upload and the answer delivers nothing twice', async () => {
  await using scene = await setupStudio();
  const first = await scene.spawnWorker();
  await first.logged('session.welcomed');
  scene.studio.mischief.loseAnswers.push(new Promise<Response>(() => {}));
  const { id } = await scene.studio.createJob(aSound);
  await scene.studio.jobIs(id, 'completed');
  await killed(first);
  const second = await scene.spawnWorker({ folder: first.folder });
  expect(await second.logged('result.discarded')).toMatchObject({ jobId: id });
  await second.logged('session.welcomed');
  expect(completions(scene)).toEqual([id]);
  const next = await scene.studio.createJob(aSound);
  await scene.studio.jobIs(next.id, 'completed');
});

test('a worker killed with a JSON result unacknowledged settles it after its restart', async () => {
  await using scene = await setupStudio();
  const first = await scene.spawnWorker();
  await first.logged('session.welcomed');
  scene.studio.mischief.silent.add('completeAck');
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  await killed(first);
  scene.studio.mischief.silent.clear();
  const second = await scene.spawnWorker({ folder: first.folder });
  expect(await second.logged('result.discarded')).toMatchObject({ jobId: id });
  expect(completions(scene)).toEqual([id]);
});

test('a JSON result that never left is sent by the next process, and once', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  await scene.studio.jobIs(id, 'running');
  scene.studio.cut(scene.worker.id);
  await scene.worker.until('a lost socket', () => scene.worker.status().session.at === 'backing-off');
  run.finish({ is: 'json', value: { text: 'kept' } });
  await scene.worker.logged('result.kept');
  await ended(scene.worker);
  const second = await scene.startWorker({ folder: scene.worker.folder, engines: [engine] });
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1, result: { text: 'kept' } });
  await second.done();
  expect(completions(scene)).toEqual([id]);
});

test('a full outbox rejects offers, discards nothing and is emptied at the next welcome', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], config: { outbox_max_gb: 0.000_05 } });
  const { studio, worker } = scene;
  studio.mischief.failUploads.push(new Response('who?', { status: 401 }));
  const { id } = await studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  (await engine.started()).finish(picture);
  expect(await studio.next('reject')).toMatchObject({ code: 'busy', reason: 'worker already has an in-flight job' });
  expect(worker.status().outbox).toEqual({ count: 1, sizeBytes: 100_000 });
  studio.cut(worker.id);
  await worker.until('a lost socket', () => worker.status().session.at === 'backing-off');
  await worker.live();
  await studio.jobIs(id, 'completed');
  await worker.until('an empty outbox', () => worker.status().outbox.count === 0);
  expect(completions(scene)).toEqual([id]);
});

test('a damaged result is set aside, said, and holds up nobody', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { studio, worker } = scene;
  studio.mischief.failUploads.push(new Response('who?', { status: 401 }));
  const { id } = await studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  (await engine.started()).finish(picture);
  await worker.logged('delivery.unauthorized');
  await engine.started(); // the studio gave the job out again
  await ended(worker);
  const outbox = join(worker.folder, 'outbox');
  for (const name of await readdir(outbox)) if (name.endsWith('.artifact')) await damage(join(outbox, name));
  const second = await scene.startWorker({ folder: worker.folder, engines: [engine] });
  await second.logged('result.corrupt');
  (await engine.started()).finish(picture);
  await studio.jobIs(id, 'completed');
  await second.done();
  expect(completions(scene)).toEqual([id]);
});

/** Flips the last byte that was written: a journal has zeros behind it. */
async function damage(path: string): Promise<void> {
  const bytes = new Uint8Array(await readFile(path));
  const at = bytes.findLastIndex((byte) => byte !== 0);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
}
