import { expect, setDefaultTimeout, test } from 'bun:test';
import type { TaskResult } from '../../../src/engines/result.ts';
import { aTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { createGate, type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const picture: TaskResult = { is: 'artifact', bytes: new Uint8Array([1, 2, 3]), ext: 'png' };

/** Has the scene's worker make a result, and gives the job's id. */
async function made(scene: Scene, engine: ScriptedEngine): Promise<string> {
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  (await engine.started()).finish(picture);
  return id;
}

const statusOf = ({ worker }: Scene, id: string) =>
  worker.status().recentJobs.find(({ jobId }) => jobId === id)?.status;

test('a job counts as completed only once its upload has arrived', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const gate = createGate();
  scene.studio.mischief.freeze = gate;
  const id = await made(scene, engine);
  await gate.reached;
  expect(statusOf(scene, id)).toBe('undelivered');
  expect(scene.worker.status().runningJobs).toMatchObject([{ jobId: id, phase: 'delivering' }]);
  scene.studio.mischief.freeze = undefined;
  gate.open();
  await scene.worker.until('the delivery', () => statusOf(scene, id) === 'completed');
});

test('a result waiting on disk completes its job once the studio has it', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  scene.studio.mischief.failUploads.push(new Response('who are you?', { status: 401 }));
  const id = await made(scene, engine);
  await scene.studio.next('fail');
  await scene.worker.until(
    'the kept result',
    () => statusOf(scene, id) === 'undelivered' && scene.worker.status().runningJobs.length === 0,
  );
  scene.studio.cut(scene.worker.id);
  await scene.worker.until('the delivery after a reconnect', () => {
    scene.worker.clock.skip(1_000);
    return statusOf(scene, id) === 'completed';
  });
});

test('a result that the studio no longer wants is not called completed', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], studio: { withoutResume: true } });
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  const run = await engine.started();
  await scene.studio.operator('POST', `/jobs/${id}/cancel`);
  run.finish(picture);
  await scene.worker.until('the end of the job', () => statusOf(scene, id) === 'discarded');
});
