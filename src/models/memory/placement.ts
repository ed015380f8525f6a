import type { ModelId } from '../../base/ids.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import { sumGb } from './gpu-memory.ts';
import { isSameGpu } from './one-gpu.ts';
import { fitsMemory, type GpuMemory, type LearnedPeak, type LoadedShare, type MemoryVerdict } from './fit.ts';

/*
 * Which of several GPUs a job runs on. In this order:
 *
 *   its model is in memory on a free one               → there
 *   … on one that is in use                            → on another that is free and has memory to spare,
 *                                                        unless the first comes free in a moment; otherwise it waits
 *   it fits on a free one as it is                     → on the emptiest
 *   nobody knows what it needs                         → on the emptiest of the large ones, or it waits for one of them
 *   it fits on a free one once idle models are gone    → on the emptiest of those
 *   it would fit on one that is in use                 → it waits
 *   it fits on none                                    → on the emptiest free one, where it is found not to fit
 */

/** One GPU that a job may be placed on. */
export interface PlaceableGpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  /** What this model took on a GPU of this name. */
  readonly learned: LearnedPeak | undefined;
  /** `soon`: in use by a job whose result is being delivered. */
  readonly is: 'free' | 'soon' | 'in-use';
}

/** What a placement depends on; all sizes in GiB. */
export interface PlacementQuestion {
  readonly model: ModelId;
  /** The studio's estimate of what the job needs; 0 when there is none. */
  readonly estimateGb: number;
  readonly marginGb: number;
  /** At least one. */
  readonly gpus: readonly PlaceableGpu[];
  /** The models on all of them. */
  readonly loaded: readonly LoadedShare[];
}

/** Where a job goes, or which GPU it waits for; with what its memory is then judged by. */
export interface Placement {
  readonly is: 'on' | 'waits-for';
  readonly device: GpuDevice;
  readonly verdict: MemoryVerdict;
}

/** Nobody knows whether a job of unknown need fits on a GPU with less than this share of the largest one's memory. */
const LARGE_SHARE = 1 / 2;

interface Candidate extends PlaceableGpu {
  readonly memory: GpuMemory & { readonly freeGb: number };
  readonly verdict: MemoryVerdict;
  /** What the job's own model has there. */
  readonly own: LoadedShare | undefined;
}

/** Places a job. Pure; undefined where there is no GPU. */
export function place(question: PlacementQuestion): Placement | undefined {
  const all = question.gpus.map((gpu) => candidate(gpu, question)).toSorted(byFreeMemory);
  const [emptiest] = all;
  if (emptiest === undefined) return undefined;
  const warm = all.filter(({ own, verdict }) => own !== undefined && verdict.is !== 'does-not-fit');
  return whereWarm(warm, all, question) ?? whereCold(all) ?? at('on', all.find(isFree) ?? emptiest);
}

/** Where the model is already, or beside it. */
function whereWarm(
  warm: readonly Candidate[],
  all: readonly Candidate[],
  question: PlacementQuestion,
): Placement | undefined {
  const newest = warm.toSorted((a, b) => usedAt(b) - usedAt(a));
  const there = newest.find(isFree);
  if (there !== undefined) return at('on', there);
  const [awaited] = newest.toSorted((a, b) => Number(b.is === 'soon') - Number(a.is === 'soon'));
  if (awaited === undefined || awaited.is === 'soon') return awaited && at('waits-for', awaited);
  const estimateGb = Math.max(question.estimateGb, awaited.own?.gb ?? 0); // what it takes there it takes here too
  const copies = all.filter(isFree).map((gpu) => candidate(gpu, { ...question, estimateGb }));
  const spare = copies.find(({ verdict }) => verdict.is === 'fits');
  return spare === undefined ? at('waits-for', awaited) : at('on', spare);
}

function whereCold(all: readonly Candidate[]): Placement | undefined {
  const large = LARGE_SHARE * Math.max(...all.map(({ memory }) => memory.totalGb));
  const suits = [
    ({ verdict }: Candidate): boolean => verdict.is === 'fits',
    ({ verdict, memory }: Candidate): boolean => verdict.is === 'unknown' && memory.totalGb >= large,
    ({ verdict }: Candidate): boolean => verdict.is === 'fits-after-unloading',
  ];
  for (const suit of suits) {
    const there = all.find((gpu) => isFree(gpu) && suit(gpu));
    if (there !== undefined) return at('on', there);
  }
  const awaited = all.find((gpu) => !isFree(gpu) && suits.some((suit) => suit(gpu)));
  return awaited && at('waits-for', awaited);
}

function candidate(gpu: PlaceableGpu, { model, estimateGb, marginGb, loaded }: PlacementQuestion): Candidate {
  const { device, learned } = gpu;
  const here = loaded.filter((share) => isSameGpu(share.device, device));
  const own = here.find((share) => share.model === model);
  const others = here.filter((share) => share.model !== model);
  const memory = { ...gpu.memory, freeGb: freeGbBeside(gpu.memory, here) };
  const verdict = fitsMemory({
    estimateGb,
    learned,
    gpus: [memory],
    loaded: gpu.is === 'free' ? others : others.map(asIdle), // as once it is free
    heldGb: own?.gb ?? 0,
    marginGb,
  });
  return { ...gpu, memory, verdict, own };
}

const asIdle = (share: LoadedShare): LoadedShare => ({ ...share, inUse: false });

const at = (is: Placement['is'], { device, verdict }: Candidate): Placement => ({ is, device, verdict });

const isFree = ({ is }: PlaceableGpu): boolean => is === 'free';
const usedAt = ({ own }: Candidate): number => own?.lastUsedElapsedMs ?? 0;

/** The emptiest first; of equals, in the order of the driver. */
const byFreeMemory = (a: Candidate, b: Candidate): number => b.memory.freeGb - a.memory.freeGb;

/** A report may be older than our newest model. */
const freeGbBeside = ({ freeGb, totalGb }: GpuMemory, here: readonly LoadedShare[]): number =>
  Math.max(0, Math.min(freeGb ?? totalGb, totalGb - sumGb(here)));
