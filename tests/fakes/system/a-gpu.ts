import { GIB } from '../../../src/base/units.ts';
import type { Gpu } from '../../../src/system/machine/gpu-text.ts';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';

/** A GPU of 24 GiB with this much of it taken. */
export const aGpu = (usedGb: number, about: Partial<Gpu> = {}): Gpu => ({
  vendor: 'nvidia',
  name: 'RTX 4090',
  uuid: 'GPU-1',
  index: 0,
  pciSlot: undefined,
  driver: '580',
  totalBytes: 24 * GIB,
  usedBytes: usedGb * GIB,
  freeBytes: (24 - usedGb) * GIB,
  ...about,
});

/** What the drivers of a machine report that has this one GPU. */
export const reportOf = (gpu: Gpu): MemoryReport => ({
  gpus: [gpu],
  ram: { totalBytes: 64 * GIB, freeBytes: 32 * GIB },
  reasons: [],
});
