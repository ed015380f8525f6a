import { expect, test } from 'bun:test';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';
import { FOUR_GPUS } from '../../fakes/engines/gpu-access.ts';
import { aGpu } from '../../fakes/system/a-gpu.ts';
import { findingOf } from './deps.ts';

type Report = Pick<MemoryReport, 'gpus' | 'reasons' | 'denied' | 'ruleProblems'>;

const findingFor = (report: Partial<Report>, places?: ReadonlyMap<string, number>) =>
  findingOf('gpu.devices', {
    gpus: async () => ({ gpus: [], reasons: [], ...report }),
    inVulkan: async () => places,
  });

const [first = aGpu(0), second = aGpu(0)] = FOUR_GPUS;
const RADEON = aGpu(0, { vendor: 'amd', name: 'Radeon Pro W7900', uuid: '8a4f3b2c1d0e9f87' });

test('the only GPU of a machine is listed with its uuid', async () => {
  expect(await findingFor({ gpus: [first] })).toEqual({
    is: 'ok',
    message: 'RTX 4090 (GPU-00000000-1111-2222-3333-444444444444)',
  });
});

test('of several GPUs it is said how engines see each', async () => {
  const places = new Map([
    [first.uuid ?? '', 2],
    [RADEON.uuid ?? '', 0],
  ]);
  expect((await findingFor({ gpus: [first, RADEON] }, places)).message).toBe(
    'RTX 4090 (GPU-00000000-1111-2222-3333-444444444444): llama-cpp by CUDA, sd-cpp by device 2 of Vulkan; ' +
      'Radeon Pro W7900 (8a4f3b2c1d0e9f87): llama-cpp and sd-cpp by device 0 of Vulkan',
  );
});

test('without Vulkan only what CUDA serves is seen by an engine', async () => {
  expect(await findingFor({ gpus: [first, RADEON] })).toEqual({
    is: 'ok',
    message:
      'RTX 4090 (GPU-00000000-1111-2222-3333-444444444444): llama-cpp by CUDA; ' +
      'Radeon Pro W7900 (8a4f3b2c1d0e9f87): no engine, as there is no Vulkan',
  });
});

test('a GPU that Vulkan does not tell from others is a warning', async () => {
  expect(await findingFor({ gpus: [first, second] }, new Map([[first.uuid ?? '', 1]]))).toMatchObject({
    is: 'warning',
    message: expect.stringContaining('sd-cpp by Vulkan, as no device that is known'),
    hint: expect.stringContaining('driver'),
  });
});

test('a denied GPU is listed with the setting that keeps it from use', async () => {
  const denied = [{ gpu: second, by: 'deny_gpus' as const }];
  const { message } = await findingFor({ gpus: [first], denied }, new Map([[first.uuid ?? '', 1]]));
  expect(message).toEndWith('RTX 4090 (GPU-00000001-1111-2222-3333-444444444444): not used, by deny_gpus');
  expect((await findingFor({ denied })).message).not.toContain('there is no GPU');
});

test('a rule that names no GPU is a warning with how to correct it', async () => {
  expect(await findingFor({ gpus: [first], ruleProblems: ['deny_gpus names "3080"'] })).toMatchObject({
    is: 'warning',
    message: 'deny_gpus names "3080"',
    hint: expect.stringContaining('studio-worker config set'),
  });
});

test('a machine without a GPU has none to look at', async () => {
  expect(await findingFor({ reasons: ['nvidia-smi: not installed'] })).toEqual({
    is: 'skipped',
    message: 'there is no GPU: nvidia-smi: not installed',
  });
});
