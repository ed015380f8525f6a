import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError } from '../../../src/base/errors.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';
import { anOffer, aTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { setup as setupScene } from '../harness.ts';
import { LEAN, USUAL } from '../../fakes/engines/loading.ts';

/** A worker with one engine that wants GPU memory, on a GPU of 24 GB. */
async function setup() {
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  const gpu = { usedGb: 4, asked: 0 };
  const probe = (): Promise<MemoryReport> => {
    gpu.asked += 1;
    return Promise.resolve(reportOf(aGpu(gpu.usedGb)));
  };
  const scene = await setupScene({ engines: [engine], gpus: { probe }, config: { vram_threshold_gb: 24 } });
  const offer = (vramGbEstimate: number): void =>
    scene.studio.say(scene.worker.id, writeJson({ type: 'offer', claim: anOffer({ vramGbEstimate }) }));
  return { scene, engine, gpu, offer, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

test('the GPU that offers are checked against is named once in the log', async () => {
  await using at = await setup();
  const { level, fields } = await at.scene.worker.logged('gpu.found');
  expect([level, fields]).toEqual(['info', { name: 'RTX 4090', driver: '580', totalGb: 24 }]);
});

test('a machine without a GPU that an engine needs logs where it looked', async () => {
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  const reasons = ['nvidia-smi: not installed'];
  const probe = () => Promise.resolve({ gpus: [], ram: { totalBytes: 0, freeBytes: 0 }, reasons });
  await using scene = await setupScene({ engines: [engine], gpus: { probe } });
  expect((await scene.worker.logged('gpu.not-found')).fields).toEqual({ reasons });
});

test('an offer that cannot fit is rejected with the numbers', async () => {
  await using at = await setup();
  at.offer(30);
  expect(await at.scene.studio.next('reject')).toMatchObject({
    code: 'insufficient_memory',
    reason: 'insufficient device memory: needs 30.00 GiB, 20.00 GiB free (1.00 GiB kept in reserve)',
  });
  expect((await at.scene.worker.logged('offer.rejected')).fields.because).toBe(
    'insufficient device memory: needs 30.00 GiB, 20.00 GiB free (1.00 GiB kept in reserve)',
  );
});

test('memory that is freed later makes the same offer fit', async () => {
  await using at = await setup();
  at.offer(21);
  await at.scene.studio.next('reject');
  at.gpu.usedGb = 1;
  const before = at.gpu.asked;
  at.scene.worker.clock.skip(30_000); // longer than a session is silent: there will be another
  await at.scene.worker.until('another question', () => at.gpu.asked > before);
  await at.scene.worker.live();
  at.offer(21);
  expect((await at.engine.started()).task.kind).toBe('llm');
});

test('what a job took is remembered beside the config', async () => {
  await using at = await setup();
  const { id } = await at.scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  const run = await at.engine.started();
  at.gpu.usedGb = 10;
  for (let look = 0; look < 3; look++) {
    const before = at.gpu.asked;
    at.scene.worker.clock.skip(1_000);
    await at.scene.worker.until(`look ${look}`, () => at.gpu.asked > before);
  }
  run.finish({ is: 'artifact', bytes: Uint8Array.of(1), ext: 'webp' });
  await at.scene.studio.jobIs(id, 'completed');
  const path = join(at.scene.worker.folder, 'peaks.json');
  let text = '';
  await at.scene.worker.until('the peak on disk', () => {
    void readFile(path, 'utf8').then(
      (read) => (text = read),
      () => '',
    );
    return text !== '';
  });
  expect(JSON.parse(text)).toMatchObject({ version: 1, peaksGb: { '["synthetic","px18","synthetic"]': [6] } });
});

test('a job out of memory is retried leaner, and its like rejected', async () => {
  await using at = await setup();
  const { engine, scene } = at;
  engine.canRunLean = true;
  engine.ranOn = 'cuda';
  const task = aTask({ kind: 'image', prompt: 'a fox' });
  const { id } = await scene.studio.createJob(task);
  (await engine.started()).fail(new WorkerError('engine.out-of-memory', 'cudaMalloc failed'));
  (await engine.started()).finish({ is: 'artifact', bytes: Uint8Array.of(1), ext: 'webp' });
  expect((await scene.studio.jobIs(id, 'completed')).ranOn).toBe('cuda');
  expect(engine.loads).toEqual([USUAL, LEAN]);
  expect((await scene.worker.logged('job.retried-lean')).fields).toMatchObject({ gpu: 'RTX 4090', freeGb: 20 });
  await scene.worker.done();
  const next = writeJson({ type: 'offer', claim: anOffer({ task, vramGbEstimate: 1 }) });
  scene.studio.say(scene.worker.id, next);
  await scene.studio.next('reject');
  expect((await scene.worker.logged('offer.rejected')).fields.because).toStartWith(
    'insufficient device memory: needs 20.00 GiB, 20.00 GiB free',
  );
});
