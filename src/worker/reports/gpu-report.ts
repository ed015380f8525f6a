import { gpuId, gpuLabel } from '../../base/gpu-device.ts';
import { GIB } from '../../base/units.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { GpuStatus } from '../status.ts';

/** The GPUs of a report for people: those that may be used, then those that may not. */
export const gpuStatuses = ({ gpus, denied = [] }: Pick<MemoryReport, 'gpus' | 'denied'>): readonly GpuStatus[] => [
  ...gpus.map(statusOf),
  ...denied.map(({ gpu, by }) => Object.assign(statusOf(gpu), { deniedBy: by })),
];

const statusOf = (gpu: Gpu): GpuStatus => ({
  id: gpuId(gpu),
  name: gpu.name,
  label: gpuLabel(gpu),
  totalGb: inGb(gpu.totalBytes),
  ...(gpu.freeBytes === undefined ? {} : { freeGb: inGb(gpu.freeBytes) }),
});

/** To a hundredth: what changes by less is no news. */
const inGb = (bytes: number): number => Math.round((bytes / GIB) * 100) / 100;
