import { expect, test } from 'bun:test';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { setup } from '../harness.ts';

const FAST = aGpu(0, { name: 'NVIDIA GeForce RTX 4090', uuid: 'GPU-1' });
const SLOW = aGpu(0, {
  name: 'NVIDIA GeForce GTX 1650',
  uuid: 'GPU-2',
  totalBytes: 4 * 1024 ** 3,
  freeBytes: 4 * 1024 ** 3,
});
const gpus = { probe: async () => ({ ...reportOf(FAST), gpus: [FAST, SLOW] }) };

/** A worker with an engine for GPUs, on a machine with two of them. */
function setupTwo(config: { readonly allow_gpus?: string[]; readonly deny_gpus?: string[] }) {
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  return setup({ engines: [engine], gpus, config: { vram_threshold_gb: 24, ...config } });
}

test('a denied GPU is neither advertised nor measured, and the log names it', async () => {
  await using scene = await setupTwo({ deny_gpus: ['rtx 4090'] });
  const { worker } = scene;
  expect((await worker.logged('gpu.denied')).fields).toEqual({ name: FAST.name, uuid: FAST.uuid, by: 'deny_gpus' });
  expect((await worker.logged('gpu.found')).fields).toMatchObject({ name: SLOW.name });
  expect(worker.status().vramTotalGb).toBe(4);
  expect(worker.composed.machine.memory()?.report.gpus).toEqual([SLOW]);
  expect(worker.status().gpus?.map(({ name, deniedBy }) => [name, deniedBy])).toEqual([
    [SLOW.name, undefined],
    [FAST.name, 'deny_gpus'],
  ]);
});

test('a rule that fits no GPU is a warning with those that there are', async () => {
  await using scene = await setupTwo({ deny_gpus: ['rtx 3080'] });
  const { level, fields } = await scene.worker.logged('gpu.rule-mistaken');
  expect(level).toBe('warn');
  expect(fields['because']).toContain('there are NVIDIA GeForce RTX 4090 (GPU-1) and NVIDIA GeForce GTX 1650 (GPU-2)');
  expect(scene.worker.composed.machine.memory()?.report.gpus).toEqual([FAST, SLOW]);
});

test('a machine of which every GPU is denied is one without a GPU', async () => {
  await using scene = await setupTwo({ allow_gpus: ['rtx 3080'] });
  const { fields } = await scene.worker.logged('gpu.not-found');
  expect(fields['reasons']).toEqual([
    'NVIDIA GeForce RTX 4090 (GPU-1): kept from use by allow_gpus',
    'NVIDIA GeForce GTX 1650 (GPU-2): kept from use by allow_gpus',
  ]);
  expect(scene.worker.status().vramTotalGb).toBe(0);
});
