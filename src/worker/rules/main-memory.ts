import { GIB } from '../../base/units.ts';
import type { ModelFile, ModelSource } from '../../contract/model-source.ts';
import { fitsMemory, type LoadedShare, type MemoryVerdict } from '../../models/memory/fit.ts';
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

/** Stays free beside a model whose weights are moved to the memory of the machine, in GiB (studio contract, admission). */
const HOST_RESERVE_GB = 4;

/** The parts of an offer that are compared with the machine's memory. */
export type OffloadingSource = Partial<Pick<ModelSource, 'files' | 'cliDefaults'>>;

/**
 * How much memory of the machine a model takes that keeps its weights there instead of on the GPU, in GiB. Undefined for
 * any other, and for one that maps its files: the system takes those pages back. A file of unknown size counts nothing.
 */
export function hostNeedGb({ files = [], cliDefaults }: OffloadingSource): number | undefined {
  if (cliDefaults?.offloadToCpu !== true || cliDefaults.mmap === true) return undefined;
  return files.reduce((sum, { approxBytes }) => sum + Number(approxBytes ?? 0), 0) / GIB;
}

/** What an offloading model is compared with. */
export interface HostMemory {
  readonly report: MemoryReport | undefined;
  /** What other models have of the memory of the machine: idle ones are unloaded for it. */
  readonly loaded: readonly LoadedShare[];
  /** The most that one engine process may hold, in GiB. */
  readonly ceilingGb: number;
}

/**
 * Whether an offloading model fits beside all that is not unloaded for it, and under the ceiling that its process is held
 * to: one that would be ended there is no use to anybody. Where nobody measures, it does.
 */
export function fitsHostMemory(source: OffloadingSource, { report, loaded, ceilingGb }: HostMemory): MemoryVerdict {
  const needGb = hostNeedGb(source);
  if (needGb === undefined) return { is: 'unknown', because: 'its weights are not moved to the memory of the machine' };
  const { totalBytes = 0, availableBytes } = report?.ram ?? {};
  if (availableBytes === undefined)
    return { is: 'unknown', because: 'the available memory of this machine is unknown' };
  const totalGb = totalBytes / GIB;
  const ceiling = Math.min(totalGb, ceilingGb);
  const verdict = fitsMemory({
    estimateGb: needGb,
    learned: undefined,
    gpus: [{ name: MAIN_MEMORY, totalGb, freeGb: availableBytes / GIB }],
    loaded,
    marginGb: HOST_RESERVE_GB,
  });
  if (verdict.is === 'unknown' || needGb <= ceiling - HOST_RESERVE_GB) return verdict;
  return { ...verdict, is: 'does-not-fit', freeGb: Math.min(verdict.freeGb, ceiling) };
}
