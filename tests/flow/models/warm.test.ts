import { expect, setDefaultTimeout, test } from 'bun:test';
import type { ConfigPatch } from '../../../src/config/schema.ts';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { type HostedEngine, hostedEngine } from '../../fakes/engines/hosted-engine.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { goneSoon, isGone } from '../../fakes/system/gone.ts';
import { type LocalWorker, setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A GPU of 24 GB on which every child of the engine takes 8 GB. */
function gpuOf(engine: HostedEngine) {
  const other = { usedGb: 1 };
  const probe = (): Promise<MemoryReport> => {
    const alive = engine.pids().filter((pid) => !isGone(pid));
    return Promise.resolve(reportOf(aGpu(other.usedGb + 8 * alive.length)));
  };
  return { other, probe };
}

/** A worker whose models live in real children. */
async function setup(config: ConfigPatch = {}, memory: 'gpu' | 'none' = 'none') {
  const engine = hostedEngine(memory);
  const gpu = gpuOf(engine);
  const scene = await setupScene({ engines: [engine], config, ...(memory === 'gpu' ? { gpus: gpu } : {}) });
  const start = (prompt = 'steps', model = 'fox', about: Record<string, unknown> = {}) =>
    scene.studio.createJob(aTask({ kind: 'image', prompt }), {
      model,
      modelSource: { ...synthetic, engine: 'gradio' },
      vramGbEstimate: 8,
      ...about,
    });
  const job = async (...about: Parameters<typeof start>) => {
    const { id } = await start(...about);
    return await scene.studio.jobIs(id, 'completed');
  };
  const { worker } = scene;
  const idle = async (): Promise<void> => {
    await worker.done();
    await worker.until('idle models', () => worker.status().models.every(({ state }) => state === 'idle'));
  };
  return { scene, worker, engine, gpu, start, job, idle, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

const modelsOf = (worker: LocalWorker): readonly string[] => worker.status().models.map(({ model }) => model);
const unloaded = (worker: LocalWorker): readonly unknown[] =>
  worker.events.filter(({ event }) => event === 'model.unloaded').map(({ fields }) => fields['because']);
const loads = (worker: LocalWorker): number => worker.events.filter(({ event }) => event === 'model.loaded').length;

test('a second job on a loaded model pays no load', async () => {
  await using at = await setup();
  await at.job();
  await at.job();
  await at.idle();
  expect(at.engine.pids()).toHaveLength(1);
  expect(loads(at.worker)).toBe(1);
  expect(at.worker.status().models).toEqual([
    expect.objectContaining({ engine: 'gradio', model: 'fox', state: 'idle', pid: at.engine.pids()[0] }),
  ]);
});

test('a model idle for its keep-warm time is unloaded with its process', async () => {
  await using at = await setup({ keep_warm_secs: 20 });
  await at.job();
  await at.idle();
  at.worker.clock.skip(19_000);
  expect(modelsOf(at.worker)).toEqual(['fox']);
  at.worker.clock.skip(1_000);
  expect((await at.worker.logged('model.unloaded')).fields).toMatchObject({ model: 'fox', because: 'idle' });
  await goneSoon(at.engine.pids()[0] ?? 0);
  await at.worker.until('no models', () => modelsOf(at.worker).length === 0);
});

test('with keep_warm_secs = 0 a model is unloaded with its job', async () => {
  await using at = await setup({ keep_warm_secs: 0 });
  await at.job();
  await at.job();
  const [first = 0, second = 0, ...more] = at.engine.pids();
  expect([isGone(first), isGone(second), more]).toEqual([true, true, []]);
  expect(modelsOf(at.worker)).toEqual([]);
});

test('setting keep_warm_secs to 0 unloads idle models at once', async () => {
  await using at = await setup();
  await at.job();
  await at.idle();
  await at.worker.config.update({ keep_warm_secs: 0 });
  await goneSoon(at.engine.pids()[0] ?? 0);
  expect(unloaded(at.worker)).toEqual(['idle']);
});

test('switching claiming off frees the memory, and switching it on loads nothing', async () => {
  await using at = await setup();
  await at.job();
  await at.idle();
  await at.worker.config.update({ auto_enabled: false });
  await goneSoon(at.engine.pids()[0] ?? 0);
  await at.worker.config.update({ auto_enabled: true });
  expect([unloaded(at.worker), at.engine.pids().length]).toEqual([['claiming-off'], 1]);
});

test('two models that fit together stay together', async () => {
  await using at = await setup({}, 'gpu');
  await at.job('steps', 'fox');
  await at.job('steps', 'owl');
  await at.job('steps', 'fox');
  await at.idle();
  expect(modelsOf(at.worker).toSorted()).toEqual(['fox', 'owl']);
  expect(at.engine.pids()).toHaveLength(2);
});

test('the least recently used model is evicted when a third must fit', async () => {
  await using at = await setup({}, 'gpu');
  await at.job('steps', 'fox');
  await at.job('steps', 'owl');
  await at.job('steps', 'fox');
  await at.idle();
  await at.job('steps', 'elk');
  await at.idle();
  expect(modelsOf(at.worker).toSorted()).toEqual(['elk', 'fox']);
  expect((await at.worker.logged('model.unloaded')).fields).toEqual({
    engine: 'gradio',
    model: 'owl',
    because: 'evicted',
    freedMb: 8192,
  });
  expect((await at.worker.logged('memory.freed')).fields).toMatchObject({ kind: 'gpu', expectedGb: 8, freedGb: 8 });
  const names = at.worker.events.map(({ event }) => event);
  expect(names.indexOf('memory.freed')).toBeLessThan(names.lastIndexOf('model.loaded'));
});

test('an offer that fits only after an eviction is accepted', async () => {
  await using at = await setup({ vram_threshold_gb: 24 }, 'gpu');
  await at.job('steps', 'fox');
  await at.idle();
  await at.job('steps', 'whale', { vramGbEstimate: 20 });
  await at.idle();
  expect(modelsOf(at.worker)).toEqual(['whale']);
});

test('idle models are evicted when another program takes their memory', async () => {
  await using at = await setup({}, 'gpu');
  await at.job();
  await at.idle();
  at.gpu.other.usedGb = 15.5;
  at.worker.clock.skip(30_000);
  await goneSoon(at.engine.pids()[0] ?? 0);
  await at.worker.until('word of it', () => unloaded(at.worker).includes('memory-pressure'));
});

test('changed defaults replace the loaded model', async () => {
  await using at = await setup();
  await at.job();
  const cliDefaults = { ...synthetic.cliDefaults, steps: 9 };
  await at.job('steps', 'fox', { modelSource: { ...synthetic, engine: 'gradio', cliDefaults } });
  await at.idle();
  expect(at.engine.pids()).toHaveLength(2);
  await goneSoon(at.engine.pids()[0] ?? 0);
  expect([modelsOf(at.worker), unloaded(at.worker)]).toEqual([['fox'], ['replaced']]);
});

test('a killed idle child costs no job, and is replaced', async () => {
  await using at = await setup();
  await at.job();
  await at.idle();
  process.kill(at.engine.pids()[0] ?? 0, 'SIGKILL');
  await at.worker.until('no models', () => modelsOf(at.worker).length === 0);
  expect(await at.job()).toMatchObject({ attempts: 1 });
  await at.idle();
  expect([at.engine.pids().length, unloaded(at.worker)]).toEqual([2, ['broken']]);
  expect(at.worker.events.map(({ event }) => event)).not.toContain('job.failed');
});

test('a child killed as the next offer comes costs no job', async () => {
  await using at = await setup();
  for (let round = 0; round < 3; round++) {
    await at.job();
    await at.idle();
    for (const { pid = 0 } of at.worker.status().models) process.kill(pid, 'SIGKILL');
  }
  await at.job();
  expect(at.worker.events.map(({ event }) => event)).not.toContain('job.failed');
});

test('a crash costs its job and model, a failed task no model', async () => {
  await using at = await setup();
  const refused = await at.start('refuse');
  await at.scene.studio.jobIs(refused.id, 'failed');
  await at.idle();
  expect(modelsOf(at.worker)).toEqual(['fox']);
  await at.job();
  expect(at.engine.pids()).toHaveLength(1);
  await at.start('crash');
  await at.worker.until('the crash', () => unloaded(at.worker).includes('broken'));
});

test('a job cancelled while its model loads leaves no process and no model', async () => {
  await using at = await setup();
  const { id } = await at.start('steps', 'endless');
  await at.worker.until('a child that loads', () => at.engine.pids().length === 1);
  await at.scene.studio.operator('POST', `/jobs/${id}/cancel`);
  at.worker.clock.skip(5_000);
  await at.worker.logged('job.cancelled');
  await goneSoon(at.engine.pids()[0] ?? 0);
  await at.worker.until('an end without a model', () => modelsOf(at.worker).length === 0);
  await at.worker.done();
  at.worker.clock.skip(5_000); // the next heartbeat says that it has no job
  await at.job();
});

test('a cancelled job keeps its model when the child heeds the abort', async () => {
  await using at = await setup();
  await at.job();
  const { id } = await at.start('sleep');
  await at.worker.until('the job', () => at.worker.status().runningJobs.some(({ jobId }) => jobId === id));
  await at.scene.studio.operator('POST', `/jobs/${id}/cancel`);
  at.worker.clock.skip(5_000);
  await at.worker.logged('job.cancelled');
  await at.worker.done();
  at.worker.clock.skip(5_000);
  await at.job();
  expect(at.engine.pids()).toHaveLength(1);
});

test.each(['idle', 'at work', 'loading'])(
  'no child outlives a worker that is stopped while one is %s',
  async (what) => {
    await using at = await setup();
    if (what === 'loading') await at.start('steps', 'endless');
    else await at.job();
    if (what === 'at work') await at.start('sleep');
    if (what === 'idle') await at.idle();
    else await at.worker.until('a job', () => at.worker.status().runningJobs.length > 0 && at.engine.pids().length > 0);
    at.worker.signal();
    if (what !== 'idle') at.worker.signal(); // the job is handed back
    expect(await at.worker.ended).toBe(0);
    expect(at.engine.pids().filter((pid) => !isGone(pid))).toEqual([]);
  },
);
