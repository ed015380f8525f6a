import type { GpuDevice } from '../../base/gpu-device.ts';
import type { ModelId } from '../../base/ids.ts';

/*
 * Does a job fit into GPU memory? All sizes are in GiB, which the contract's `Gb` means.
 *
 *   need + margin <= free + what the model itself holds   → fits
 *   need + margin <= free + what idle models give back    → fits after evicting them, least recently used first
 *   otherwise                                             → does not fit, with the numbers
 */

/** The memory of one GPU, or of the machine, in GiB; `freeGb` is undefined where the driver does not report it. */
export interface GpuMemory {
  readonly name: string;
  readonly totalGb: number;
  readonly freeGb: number | undefined;
}

/** A model in memory, and what evicting it would give back, in GiB. */
export interface LoadedShare {
  readonly model: ModelId;
  /** The GPU it is kept on; undefined where its engine chose, and for what is on none. */
  readonly device?: GpuDevice | undefined;
  readonly gb: number;
  /** A model in use is not evicted. */
  readonly inUse: boolean;
  /** When it was used last, in milliseconds of a clock that nobody sets. */
  readonly lastUsedElapsedMs: number;
}

/** What earlier runs took, headroom included. */
export interface LearnedPeak {
  readonly peakGb: number;
  readonly runs: number;
  /** This much free memory did not suffice once; absent when it always did. */
  readonly moreThanGb?: number;
}

/** What the decision whether a job fits depends on; all sizes in GiB. */
export interface MemoryQuestion {
  /** The studio's estimate of what the job needs; 0 when there is none. */
  readonly estimateGb: number;
  readonly learned: LearnedPeak | undefined;
  /** Empty when nothing is known. */
  readonly gpus: readonly GpuMemory[];
  readonly loaded: readonly LoadedShare[];
  /** What the job's own model has in memory already, included in what is taken; 0 unless given. */
  readonly heldGb?: number;
  /** Stays free for the desktop, the driver and the unexpected. */
  readonly marginGb: number;
}

/** The numbers behind a verdict, in GiB. */
interface FitNumbers {
  readonly needGb: number;
  readonly needFrom: 'estimate' | 'learned';
  readonly freeGb: number;
  readonly totalGb: number;
  readonly marginGb: number;
  readonly gpu: string;
}

/** Whether a job fits, and the numbers that say so. */
export type MemoryVerdict =
  /** No GPU reports its memory, or there is no estimate of what the job needs: there is nothing to decide by. */
  | { readonly is: 'unknown'; readonly because: string }
  | ({ readonly is: 'fits' } & FitNumbers)
  | ({ readonly is: 'fits-after-unloading'; readonly unload: readonly ModelId[] } & FitNumbers)
  | ({ readonly is: 'does-not-fit' } & FitNumbers);

/** From this many runs on, their peaks count for more than the estimate of the studio. */
const RUNS_TO_TRUST = 5;

/** Whether a job fits into memory now. Pure; a job runs on one GPU, so the one with the most free memory counts. */
export function fitsMemory(question: MemoryQuestion): MemoryVerdict {
  const { gpus, loaded, marginGb, learned, heldGb = 0 } = question;
  const trusted = learned !== undefined && learned.runs >= RUNS_TO_TRUST;
  const expectedGb = trusted ? learned.peakGb : question.estimateGb;
  const needGb = Math.max(expectedGb, learned?.moreThanGb ?? 0); // one failure outweighs an estimate
  if (!(needGb > 0)) return { is: 'unknown', because: 'the studio gives no estimate, and there was no run yet' };
  const gpu = withMostFree(gpus, loaded);
  if (gpu === undefined) return { is: 'unknown', because: 'no GPU reports its memory' };

  const { freeGb, totalGb, name } = gpu;
  const needFrom = trusted || needGb > expectedGb ? 'learned' : 'estimate';
  const numbers: FitNumbers = { needGb, needFrom, freeGb, totalGb, marginGb, gpu: name };
  const lackingGb = needGb + marginGb - freeGb - Math.min(heldGb, totalGb - freeGb);
  if (lackingGb <= 0) return { is: 'fits', ...numbers };
  const unload = toEvict(lackingGb, loaded, totalGb - freeGb);
  return unload === undefined ? { is: 'does-not-fit', ...numbers } : { is: 'fits-after-unloading', unload, ...numbers };
}

/** A GPU that reports only its size has what our own models leave of it. */
function withMostFree(gpus: readonly GpuMemory[], loaded: readonly LoadedShare[]) {
  const oursGb = loaded.reduce((sum, { gb }) => sum + gb, 0);
  return gpus
    .filter(({ totalGb }) => totalGb > 0)
    .map(({ name, totalGb, freeGb }) => ({ name, totalGb, freeGb: freeGb ?? Math.max(0, totalGb - oursGb) }))
    .toSorted((a, b) => b.freeGb - a.freeGb)[0];
}

/** The fewest idle models that give back what is lacking, least recently used first; undefined when all do not. */
function toEvict(lackingGb: number, loaded: readonly LoadedShare[], takenGb: number): readonly ModelId[] | undefined {
  const idle = loaded.filter(({ inUse }) => !inUse).toSorted((a, b) => a.lastUsedElapsedMs - b.lastUsedElapsedMs);
  const unload: ModelId[] = [];
  let givenGb = 0;
  for (const { model, gb } of idle) {
    if (givenGb >= lackingGb) break;
    unload.push(model);
    givenGb = Math.min(takenGb, givenGb + gb); // a share is an estimate: no more is given back than is taken
  }
  return givenGb >= lackingGb ? unload : undefined;
}
