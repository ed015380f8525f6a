import { expect, setDefaultTimeout } from 'bun:test';
import { toModelId } from '../../../src/base/ids.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { anLlmTask, anOffer, synthetic } from '../../fakes/builders.ts';
import { PlacedEngine } from '../../fakes/engines/placed-engine.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { machineWithGpus } from '../../fakes/system/nvidia-smi.ts';
import { needs, POSIX } from '../../needs.ts';
import { setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);
const onPosix = needs(POSIX);

/** Of each GPU, whatever runs. */
const BASE_MIB = 500;
const MODEL_MIB = 8_192;

const PLACED = { ...synthetic, engine: 'gradio' } as const;

/** A worker on a machine whose `nvidia-smi` lists so many GPUs, and what its models take of them. */
async function setup(count = 4) {
  const machine = await machineWithGpus(count);
  const engine = new PlacedEngine();
  engine.onChange = () => {
    const used = Array.from({ length: count }, (_, at) => {
      const models = [...engine.inMemory.values()].filter(([, on = 'GPU-0']) => on === `GPU-${at}`);
      return BASE_MIB + MODEL_MIB * models.length;
    });
    machine.take(used);
  };
  engine.onChange();
  const cpu = new ScriptedEngine();
  const choice = { engines: [engine, cpu], gpus: machine.gpus, config: { vram_threshold_gb: 24, keep_warm_secs: 600 } };
  const scene = await setupScene(choice);
  const { local } = scene.worker.composed.models;
  /** Asks for a chat with a model, as a program of this machine does. */
  const ask = (model: string) => {
    const request = { model: toModelId(model), task: anLlmTask('hi'), source: PLACED, vramGbEstimate: 8 };
    const asked = local.run(request, { signal: new AbortController().signal });
    asked.catch(() => {}); // a test that ends before its jobs says why
    return asked;
  };
  /** Asks, and finishes the job once it runs; gives the GPU it ran on. */
  const serve = async (model: string): Promise<string | undefined> => {
    const asked = ask(model);
    const runs = await engine.untilRunning(1);
    runs[0]?.finish();
    await asked;
    return runs[0]?.on;
  };
  await scene.worker.logged('gpu.found');
  return {
    ...scene,
    choice,
    engine,
    cpu,
    local,
    ask,
    serve,
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

onPosix('four GPUs serve four requests at once, and a fifth waits for one', async () => {
  await using at = await setup();
  const asked = ['one', 'two', 'three', 'four'].map((model) => at.ask(model));
  const runs = await at.engine.untilRunning(4);
  expect(new Set(runs.map(({ on }) => on))).toEqual(new Set(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3']));
  const fifth = at.ask('five');
  await at.worker.until('the fifth to wait', () => at.local.waiting === 1);
  const { runningJobs } = at.worker.status();
  expect(runningJobs.map(({ gpu }) => gpu).toSorted()).toEqual(
    [0, 1, 2, 3].map((at) => `NVIDIA GeForce RTX 4090 #${at}`),
  );
  runs.find(({ on }) => on === 'GPU-2')?.finish();
  const again = await at.engine.untilRunning(4);
  expect(again.at(-1)).toMatchObject({ model: 'five', on: 'GPU-2' });
  for (const run of again) run.finish();
  await Promise.all([...asked, fifth]);
});

onPosix('a model stays on its GPU, and the next goes elsewhere', async () => {
  await using at = await setup(2);
  expect(await at.serve('fox')).toBe('GPU-0');
  expect(await at.serve('owl')).toBe('GPU-1');
  expect(await at.serve('fox')).toBe('GPU-0');
  expect(await at.serve('owl')).toBe('GPU-1');
  expect(at.engine.loads).toEqual([
    ['fox', 'GPU-0'],
    ['owl', 'GPU-1'],
  ]);
  expect(at.worker.status().models.map(({ model, gpu }) => [model, gpu])).toEqual([
    [toModelId('fox'), 'NVIDIA GeForce RTX 4090 #0'],
    [toModelId('owl'), 'NVIDIA GeForce RTX 4090 #1'],
  ]);
});

onPosix('a busy model is loaded again where a GPU has memory to spare', async () => {
  await using at = await setup(2);
  const asked = [at.ask('fox'), at.ask('fox')];
  const runs = await at.engine.untilRunning(2);
  expect(runs.map(({ on }) => on).toSorted()).toEqual(['GPU-0', 'GPU-1']);
  const third = at.ask('fox');
  await at.worker.until('the third to wait', () => at.local.waiting === 1);
  for (const run of runs) run.finish();
  await Promise.all(asked);
  (await at.engine.untilRunning(1))[0]?.finish();
  await third;
  expect(at.engine.loads).toHaveLength(2);
});

onPosix('a contract’s studio has one job in flight on several GPUs', async () => {
  await using at = await setup();
  const chat = at.ask('fox');
  const [first] = await at.engine.untilRunning(1);
  const { id } = await at.studio.createJob(anLlmTask('job 1'), { modelSource: PLACED });
  const [, job] = await at.engine.untilRunning(2);
  expect(job?.on).not.toBe(first?.on);
  await at.studio.createJob(anLlmTask('job 2'), { modelSource: PLACED });
  expect(at.worker.status().runningJobs.filter(({ origin }) => origin === 'studio')).toHaveLength(1);
  job?.finish();
  await at.studio.jobIs(id, 'completed');
  first?.finish();
  await chat;
  (await at.engine.untilRunning(1))[0]?.finish();
});

onPosix('an engine of a machine with one GPU is not told which', async () => {
  await using at = await setup(1);
  expect(await at.serve('fox')).toBeUndefined();
  expect(at.engine.loads).toEqual([['fox', undefined]]);
  expect(at.worker.status().models[0]).not.toHaveProperty('gpu');
});

onPosix('what needs no GPU runs beside a job on the only GPU', async () => {
  await using at = await setup(1);
  const chat = at.ask('fox');
  const [run] = await at.engine.untilRunning(1);
  const request = { model: toModelId('synthetic'), task: anLlmTask('hi'), source: synthetic, vramGbEstimate: 0 };
  const { signal } = new AbortController();
  const beside = at.local.run(request, { signal });
  const next = at.local.run(request, { signal });
  const onCpu = await at.cpu.started();
  await at.worker.until('the next to wait', () => at.local.waiting === 1);
  onCpu.finish();
  (await at.cpu.started()).finish();
  await Promise.all([beside, next]);
  run?.finish();
  await chat;
});

onPosix('a worker that stops waits for the jobs on every GPU', async () => {
  await using at = await setup(2);
  const asked = [at.ask('fox'), at.ask('owl')];
  const runs = await at.engine.untilRunning(2);
  at.worker.signal();
  runs[0]?.finish();
  await asked[0];
  expect(at.worker.status().runningJobs).toHaveLength(1);
  runs[1]?.finish();
  await asked[1];
  expect(await at.worker.ended).toBe(0);
  expect([...at.engine.inMemory]).toEqual([]);
});

onPosix('models are loaded again where they were, after a restart', async () => {
  await using at = await setup(3);
  for (const model of ['fox', 'owl', 'elk']) await at.serve(model);
  await at.worker.until('idle models', () => at.worker.status().models.every(({ state }) => state === 'idle'));
  at.worker.signal();
  await at.worker.ended;
  const again = await at.startWorker({ ...at.choice, folder: at.worker.folder });
  await again.live();
  await again.until('three models', () => again.status().models.filter(({ state }) => state === 'idle').length === 3);
  const [before, after] = [at.engine.loads.slice(0, 3), at.engine.loads.slice(3)];
  expect(after.toSorted()).toEqual(before.toSorted());
  expect(new Set(after.map(([, on]) => on)).size).toBe(3);
});

onPosix('explain-offer names the GPU that an offer would go to', async () => {
  await using at = await setup(2);
  expect(await at.serve('fox')).toBe('GPU-0');
  const explained = async (model: string) => {
    const offer = anOffer({ model: toModelId(model), modelSource: PLACED, vramGbEstimate: 8 });
    const { rules } = await at.worker.control.explain({ offer: writeJson(offer) });
    return rules.find(({ rule }) => rule === 'memory');
  };
  expect(await explained('fox')).toMatchObject({ outcome: 'passes', inputs: { gpu: 'NVIDIA GeForce RTX 4090 #0' } });
  expect(await explained('owl')).toMatchObject({ outcome: 'passes', inputs: { gpu: 'NVIDIA GeForce RTX 4090 #1' } });
});
