import { GIB } from '../../base/units.ts';
import type { ModelFile } from '../../contract/model-source.ts';
import { fitsMemory, type MemoryVerdict } from '../../models/memory/fit.ts';
import { marginGb } from '../../models/memory/gpu-memory.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';

/** Stands in a verdict about RAM where others name a GPU. */
export const MAIN_MEMORY = 'this machine';

/**
 * Whether weights fit into the memory of the machine at all. What others have of it now does not count: they may give
 * it back, the system pages it out, and models of ours are unloaded for a job. Weights larger than all of it would be
 * read from the disk again for every step.
 */
export function fitsMainMemory(files: readonly ModelFile[], report: MemoryReport | undefined): MemoryVerdict {
  const totalGb = (report?.ram.totalBytes ?? 0) / GIB;
  if (totalGb === 0) return { is: 'unknown', because: 'the size of the memory of this machine is unknown' };
  const weightsBytes = files.reduce((sum, { approxBytes }) => sum + Number(approxBytes ?? 0), 0);
  if (weightsBytes === 0) return { is: 'unknown', because: 'the studio does not say how large the files are' };
  return fitsMemory({
    estimateGb: weightsBytes / GIB,
    learned: undefined,
    gpus: [{ name: MAIN_MEMORY, totalGb, freeGb: totalGb }],
    loaded: [],
    marginGb: marginGb(report, 'ram'),
  });
}
