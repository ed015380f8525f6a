import { createGpuAccess, type GpuAccessOptions } from '../../../src/compose/engines/gpu-access.ts';
import type { GpuAccess } from '../../../src/engines/gpu-access.ts';
import type { Gpu } from '../../../src/system/machine/gpu-text.ts';
import type { VulkanDevice } from '../../../src/system/native/vulkan-devices.ts';
import { recordingLogger } from '../recording-logger.ts';
import { aGpu, reportOf } from '../system/a-gpu.ts';

/** Four GPUs of one name, as a node for rendering has them. */
export const FOUR_GPUS: readonly Gpu[] = [0, 1, 2, 3].map((index) =>
  aGpu(0, { index, uuid: `GPU-0000000${index}-1111-2222-3333-444444444444` }),
);

/** Vulkan begins with one that is none of them, and counts the others from the last. */
export const FOUR_IN_VULKAN: readonly VulkanDevice[] = [
  { index: 0, name: 'llvmpipe', uuid: 'ff'.repeat(16), pciSlot: undefined },
  ...FOUR_GPUS.toReversed().map(({ name, uuid = '' }, at) => ({
    index: at + 1,
    name,
    uuid: uuid.replace('GPU-', '').replaceAll('-', ''),
    pciSlot: undefined,
  })),
];

/** What engines are given on a machine with four GPUs, unless told otherwise. */
export const someGpuAccess = (about: Partial<GpuAccessOptions> = {}): GpuAccess =>
  createGpuAccess({
    hasRules: false,
    report: async () => ({ ...reportOf(aGpu(0)), gpus: FOUR_GPUS }),
    vulkan: async () => FOUR_IN_VULKAN,
    inherited: {},
    platform: 'linux',
    log: recordingLogger(),
    ...about,
  });

/** What a child of a machine with four GPUs has in its environment to see only this one. */
export const seesOnly = (gpu: Gpu): Readonly<Record<string, string>> => ({
  CUDA_VISIBLE_DEVICES: gpu.uuid ?? '',
  GGML_VK_VISIBLE_DEVICES: String(4 - gpu.index),
});
