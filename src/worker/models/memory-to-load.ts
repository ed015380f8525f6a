import { freeGb, marginGb, mayHaveGpu } from '../../models/memory/gpu-memory.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';

/** The memory that a model would be loaded into, in GiB. */
export interface MemoryToLoad {
  /** The most that one GPU has free, or the machine where it has none; 0 where that is not reported. */
  readonly freeGb: number;
  /** What of it stays free all the same. */
  readonly marginGb: number;
}

/** What a report says of the memory that models are loaded into here: that of GPUs, where there may be any. */
export function memoryToLoad(report: MemoryReport | undefined): MemoryToLoad {
  const kind = mayHaveGpu(report) ? 'gpu' : 'ram';
  return { freeGb: freeGb(report, kind) ?? 0, marginGb: marginGb(report, kind) };
}
