import type { GpuDevice } from '../../../src/base/gpu-device.ts';
import { toModelId } from '../../../src/base/ids.ts';
import type { LoadedShare } from '../../../src/models/memory/fit.ts';

/** One of several GPUs of a machine, which its driver lists at this place. */
export const gpuAt = (index: number, about: Partial<GpuDevice> = {}): GpuDevice => ({
  vendor: 'nvidia',
  name: 'RTX 4090',
  uuid: `GPU-${index}`,
  index,
  ...about,
});

/** A model in the memory of the GPU at this place, of so many gigabytes. */
export const shareAt = (index: number, model: string, gb: number, about: Partial<LoadedShare> = {}): LoadedShare => ({
  model: toModelId(model),
  device: gpuAt(index),
  gb,
  inUse: false,
  lastUsedElapsedMs: 0,
  ...about,
});
