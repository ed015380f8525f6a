import { expect, test } from 'bun:test';
import { realEffects } from '../../../src/compose/effects.ts';
import { underGpuRules } from '../../../src/compose/gpu-rules.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';

const FIRST = aGpu(0, { uuid: 'GPU-1', index: 0 });
const SECOND = aGpu(0, { uuid: 'GPU-2', index: 1 });

/** A machine with two GPUs, whose environment shows CUDA these of them. */
function setup(cudaVisible: string | undefined) {
  const { environment, machine } = realEffects();
  const get = (name: string) => (name === 'CUDA_VISIBLE_DEVICES' ? cudaVisible : undefined);
  const gpus = { probe: async () => ({ ...reportOf(FIRST), gpus: [FIRST, SECOND] }) };
  return { environment: { ...environment, get }, gpus, machine };
}

test('a GPU is counted once, however often the rules are applied', async () => {
  const config = { current: {} };
  const once = underGpuRules(setup('1'), config);
  const twice = underGpuRules(once, config);
  expect((await once.gpus.probe()).gpus).toEqual([SECOND]);
  expect((await twice.gpus.probe()).gpus).toEqual([SECOND]);
  expect(await twice.machine.vramTotalGb()).toBe(24);
});

test('without a rule the outside world stays as it is', () => {
  const world = setup(undefined);
  expect(underGpuRules(world, { current: {} })).toBe(world);
});
