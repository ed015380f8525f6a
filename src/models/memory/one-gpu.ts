import { type GpuDevice, gpuId, gpuLabel } from '../../base/gpu-device.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { LoadedShare } from './fit.ts';

/*
 * What is on one GPU counts for that one alone: a model on one is not unloaded because another is full.
 */

/** A report as if the machine had this GPU alone; whole where none is meant. */
export const reportOn = (report: MemoryReport, gpu: GpuDevice | undefined): MemoryReport =>
  gpu === undefined
    ? report
    : {
        ...report,
        gpus: report.gpus.filter((found) => isSameGpu(found, gpu)).map(labelled),
      };

const labelled = (gpu: Gpu): Gpu => ({ ...gpu, name: gpuLabel(gpu) });

/** The models on this GPU, and those of which nobody knows where they are; all where none is meant. */
export const sharesOn = (shares: readonly LoadedShare[], gpu: GpuDevice | undefined): readonly LoadedShare[] =>
  gpu === undefined ? shares : shares.filter(({ device }) => device === undefined || isSameGpu(device, gpu));

/** Both undefined, or the same GPU. */
export const isSameGpu = (one: GpuDevice | undefined, other: GpuDevice | undefined): boolean =>
  one === undefined || other === undefined ? one === other : gpuId(one) === gpuId(other);
