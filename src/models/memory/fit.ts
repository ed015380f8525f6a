import type { ModelId } from '../../base/ids.ts';

/*
 * Does a job fit into GPU memory? All sizes are in GiB, which the contract's `Gb` means.
 *
 *   need + margin <= free + what the model itself holds   → fits
 *   need + margin <= free + what idle models give back    → fits after unloading them, least recently used first
 *   otherwise                                             → does not fit, with the numbers
 */

/** One GPU's memory; `freeGb` is undefined where the driver does not say. */
export interface GpuMemory {
  readonly name: string;
  readonly totalGb: number;
  readonly freeGb: number | undefined;
}

/** A model in GPU memory, and what unloading it would give back. */
export interface LoadedShare {
  readonly model: ModelId;
  readonly gb: number;
  /** A model that serves somebody is not taken away. */
  readonly inUse: boolean;
  /** Milliseconds from an arbitrary start. */
  readonly lastUsedAt: number;
}

/** What was seen of earlier runs, headroom included. */
export interface LearnedPeak {
  readonly peakGb: number;
  readonly runs: number;
  /** So much free memory did not suffice once; absent when it always did. */
  readonly moreThanGb?: number;
}

export interface MemoryQuestion {
  /** What the studio thinks the job needs; 0 when it does not say. */
  readonly estimateGb: number;
  readonly learned: LearnedPeak | undefined;
  /** Empty when nothing is known. */
  readonly gpus: readonly GpuMemory[];
  readonly loaded: readonly LoadedShare[];
  /** What the job's own model has in memory already, among what is taken; nothing unless given. */
  readonly heldGb?: number;
  /** Stays free for the desktop, the driver and what nobody foresaw. */
  readonly marginGb: number;
}

/** What a verdict is about. */
interface Numbers {
  readonly needGb: number;
  readonly needFrom: 'estimate' | 'learned';
  readonly freeGb: number;
  readonly totalGb: number;
  readonly marginGb: number;
  readonly gpu: string;
}

export type MemoryVerdict =
  /** No GPU says how much memory it has, or nobody says what the job needs: there is nothing to decide by. */
  | { readonly is: 'unknown'; readonly because: string }
  | ({ readonly is: 'fits' } & Numbers)
  | ({ readonly is: 'fits-after-unloading'; readonly unload: readonly ModelId[] } & Numbers)
  | ({ readonly is: 'does-not-fit' } & Numbers);

/** So many runs are needed before what was seen counts for more than what the studio thinks. */
export const RUNS_TO_TRUST = 5;

/** Whether a job fits into GPU memory now. Pure; a job runs on one GPU, so the one with the most room counts. */
export function fitsMemory(question: MemoryQuestion): MemoryVerdict {
  const { gpus, loaded, marginGb, learned, heldGb = 0 } = question;
  const trusted = learned !== undefined && learned.runs >= RUNS_TO_TRUST;
  const likelyGb = trusted ? learned.peakGb : question.estimateGb;
  const needGb = Math.max(likelyGb, learned?.moreThanGb ?? 0); // one failure outweighs an estimate
  if (!(needGb > 0)) return { is: 'unknown', because: 'the studio gives no estimate, and no run was seen yet' };
  const gpu = withMostFree(gpus, loaded);
  if (gpu === undefined) return { is: 'unknown', because: 'no GPU says how much memory it has' };

  const { freeGb, totalGb, name } = gpu;
  const needFrom = trusted || needGb > likelyGb ? 'learned' : 'estimate';
  const numbers: Numbers = { needGb, needFrom, freeGb, totalGb, marginGb, gpu: name };
  const lackingGb = needGb + marginGb - freeGb - Math.min(heldGb, totalGb - freeGb);
  if (lackingGb <= 0) return { is: 'fits', ...numbers };
  const unload = toUnload(lackingGb, loaded, totalGb - freeGb);
  return unload === undefined ? { is: 'does-not-fit', ...numbers } : { is: 'fits-after-unloading', unload, ...numbers };
}

/** A GPU that only says its size has what our own models leave of it. */
function withMostFree(gpus: readonly GpuMemory[], loaded: readonly LoadedShare[]) {
  const oursGb = loaded.reduce((sum, { gb }) => sum + gb, 0);
  return gpus
    .filter(({ totalGb }) => totalGb > 0)
    .map(({ name, totalGb, freeGb }) => ({ name, totalGb, freeGb: freeGb ?? Math.max(0, totalGb - oursGb) }))
    .toSorted((a, b) => b.freeGb - a.freeGb)[0];
}

/** The fewest idle models that give back what lacks, in the order they were used; undefined when all together do not. */
function toUnload(lackingGb: number, loaded: readonly LoadedShare[], takenGb: number): readonly ModelId[] | undefined {
  const idle = loaded.filter(({ inUse }) => !inUse).toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
  const unload: ModelId[] = [];
  let givenGb = 0;
  for (const { model, gb } of idle) {
    if (givenGb >= lackingGb) break;
    unload.push(model);
    givenGb = Math.min(takenGb, givenGb + gb); // a share is an estimate: no more comes back than is taken
  }
  return givenGb >= lackingGb ? unload : undefined;
}
