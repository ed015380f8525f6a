import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError } from '../../../src/base/errors.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { Explanation } from '../../../src/worker/explain.ts';
import type { RuleName } from '../../../src/worker/fitness.ts';
import { createCpuRule } from '../../../src/worker/rules/cpu-rule.ts';
import { anLlmTask, anOffer } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { type Scene, setup as setupScene, type WorkerChoice } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/*
 * What `explain-offer` says of a running worker is held against what that worker then does with the very same offer.
 */

/** Nothing is against the offer but what a test adds. */
const setup = (choice: WorkerChoice = {}): Promise<Scene> =>
  setupScene({ ...choice, config: { vram_threshold_gb: 24, ...choice.config } });

const OFFER = anOffer({ id: 'j-asked', vramGbEstimate: 20 });

async function explained({ worker }: Scene): Promise<Explanation> {
  return await worker.control.explain({ offer: writeJson(OFFER) });
}

/** Explains the offer, has the studio make it, and expects the worker to reject it by that rule for that reason. */
async function expectRejection(scene: Scene, rule: RuleName): Promise<void> {
  const { verdict, because, rules } = await explained(scene);
  expect(verdict).toBe('rejected');
  expect(rules.find(({ outcome }) => outcome === 'rejects')).toMatchObject({ rule, because });
  scene.studio.say(scene.worker.id, writeJson({ type: 'offer', claim: OFFER }));
  const rejected = () =>
    scene.worker.events.find(({ event, fields }) => event === 'offer.rejected' && fields.jobId === 'j-asked');
  await scene.worker.until('the rejection', () => rejected() !== undefined);
  expect(rejected()?.fields).toMatchObject({ rule, because });
}

function onGpu(): WorkerChoice {
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  return { engines: [engine], gpus: { probe: () => Promise.resolve(reportOf(aGpu(12))) } };
}

function onCpu(): WorkerChoice {
  const engine = new ScriptedEngine();
  const whyNotGpu = { because: 'there is no libvulkan.so.1', hint: 'Install libvulkan1.' };
  engine.ready = { ready: true, where: { on: 'cpu', whyNotGpu } };
  const cpuRule = createCpuRule({
    allowCpu: () => false,
    gpuNames: () => Promise.resolve(['RTX 4090']),
    clock: systemClock,
    log: recordingLogger(),
  });
  return { engines: [cpuRule.over(engine)], cpuRule };
}

test.each<[RuleName, () => WorkerChoice]>([
  ['claiming', () => ({ config: { auto_enabled: false } })],
  ['idle', () => ({ config: { only_when_idle: true } })],
  ['quarantine', () => ({ quarantine: { remainingMs: () => 1_800_000, forgive: () => {}, list: () => [] } })],
  ['device', onCpu],
  ['memory', onGpu],
  ['threshold', () => ({ config: { vram_threshold_gb: 19.5 } })],
])('a worker with the rule %s against an offer rejects it as explain-offer says', async (rule, choice) => {
  await using scene = await setup(choice());
  await expectRejection(scene, rule);
});

test('a paused worker rejects offers as explain-offer says', async () => {
  await using scene = await setup();
  await scene.worker.control.pause({});
  await expectRejection(scene, 'paused');
  expect(await scene.studio.next('reject')).toMatchObject({ code: 'paused', reason: 'worker paused by operator' });
});

test('a model turned off in the catalogue is rejected as explain-offer says', async () => {
  await using scene = await setup();
  const { model: id, modelSource: source, vramGbEstimate } = OFFER;
  const about = { id, displayName: 'Mine', kind: 'llm', vramGbEstimate, source, origin: 'studio' } as const;
  await scene.worker.composed.models.catalogue.put({ ...about, enabled: false });
  await expectRejection(scene, 'turned-off');
  await scene.worker.composed.models.catalogue.put({ ...about, enabled: true });
  expect(await explained(scene)).toMatchObject({ verdict: 'taken' });
});

test('a busy worker rejects an offer naming its job, as explain-offer does', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  await engine.started();
  expect((await explained(scene)).because).toBe(`already running ${id}`);
  await expectRejection(scene, 'busy');
});

test('a stopping worker explains that it stops and which job it finishes', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  await scene.studio.createJob(anLlmTask());
  await engine.started();
  scene.worker.signal();
  const { rules } = await explained(scene);
  expect(rules.filter(({ outcome }) => outcome === 'rejects').map(({ rule }) => rule)).toEqual(['busy', 'stopping']);
  await expectRejection(scene, 'busy');
});

test('a worker whose model cannot be loaded rejects its offers as explain-offer says', async () => {
  const engine = Object.assign(new ScriptedEngine(), {
    load: () => Promise.reject(new WorkerError('native.unavailable', 'no folder may hold a library')),
  });
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.next('fail');
  await scene.worker.until('the failed job', () => scene.worker.status().recentJobs.some(({ jobId }) => jobId === id));
  await expectRejection(scene, 'load-failed');
});

test('a worker whose outbox is full rejects offers as explain-offer says', async () => {
  await using scene = await setup();
  const { folder } = scene.worker;
  scene.worker.signal();
  await scene.worker.ended;
  await mkdir(join(folder, 'outbox'), { recursive: true });
  await writeFile(join(folder, 'outbox', 'notes.bin'), new Uint8Array(10));
  const full = await scene.startWorker({ folder, config: { outbox_max_gb: 0 } });
  await full.live();
  await expectRejection({ ...scene, worker: full }, 'outbox');
});

test('an offer that explain-offer finds nothing against is taken', async () => {
  await using scene = await setup();
  expect(await explained(scene)).toMatchObject({ verdict: 'taken', because: '' });
  const { id } = await scene.studio.createJob(anLlmTask());
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
});

test('a worker promises only what its GPU can hold, and rejects with numbers', async () => {
  await using scene = await setup({ ...onGpu(), config: { vram_threshold_gb: 48 } });
  await scene.studio.until(
    'a heartbeat with a lower threshold',
    (event) =>
      event.is === 'heard' && event.frame.type === 'heartbeat' && event.frame.capabilities.vramThresholdGb === 23,
  );
  scene.studio.say(scene.worker.id, writeJson({ type: 'offer', claim: OFFER }));
  expect(await scene.studio.next('reject')).toMatchObject({
    jobId: OFFER.jobId,
    code: 'insufficient_memory',
    reason: 'insufficient device memory: needs 20.00 GiB, 12.00 GiB free (1.00 GiB kept in reserve)',
  });
});
