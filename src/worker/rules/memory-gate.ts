import { pause } from '../../base/pause.ts';
import { GIB, MINUTE_MS, roundToTenths, SECOND_MS } from '../../base/units.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import type { Engine } from '../../engines/engine.ts';
import type { MemoryUse } from '../../jobs/run.ts';
import { fitsMemory, type LoadedShare, type MemoryVerdict } from '../../models/memory/fit.ts';
import type { Peaks } from '../../models/memory/peaks.ts';
import { sizeBucket } from '../../models/memory/size-bucket.ts';
import { gpuMemory, grownGb, MARGIN_GB } from '../../models/memory/gpu-memory.ts';
import { fitsMainMemory, MAIN_MEMORY } from './main-memory.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { MemoryWatch } from '../../system/machine/memory-watch.ts';

/** Who knows whether an offer fits into GPU memory, and learns from the jobs that ran. */
export interface MemoryGate extends MemoryUse {
  /** From what is known at this moment: nobody is asked. */
  verdict(offer: MemoryOffer): MemoryVerdict;
  /** The same from a given report, for whoever has just asked; `leastGb` counts where nobody says what a job needs. */
  verdictOn(offer: MemoryOffer, moment: MemoryMoment): MemoryVerdict;
}

/** Memory at one moment, and the models in it. */
export interface MemoryMoment {
  readonly report: MemoryReport | undefined;
  readonly loaded: readonly LoadedShare[];
  readonly leastGb?: number;
}

const needsNoGpu = (engine: string): MemoryVerdict => ({
  is: 'unknown',
  because: `the ${engine} engine needs no GPU memory`,
});

/** What of an offer the verdict is about. */
export type MemoryOffer = Pick<Offer, 'model' | 'task' | 'vramGbEstimate'> & {
  readonly modelSource: Pick<Offer['modelSource'], 'engine'> & Partial<Pick<Offer['modelSource'], 'files'>>;
};

export interface MemoryGateOptions {
  readonly engines: readonly Engine[];
  readonly watch: Pick<MemoryWatch, 'latest' | 'refresh'>;
  readonly peaks: Pick<Peaks, 'find' | 'learn' | 'learnShortage'>;
  /** The models in GPU memory now. */
  readonly loaded: () => readonly LoadedShare[];
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
}

/** Time between two looks while a job runs. */
const LOOK_EVERY_MS = SECOND_MS;
/** A run that was seen less often may have had its peak between two looks. */
const LEAST_LOOKS = 3;
/** Jobs that follow each other at once count from before the first of them, but others come and go meanwhile. */
const COUNTS_FOR_MS = 10 * MINUTE_MS;

/** A gate that compares with the memory there was before the running job: what it takes itself is not somebody else's. */
export function createMemoryGate(options: MemoryGateOptions): MemoryGate {
  const { engines, watch, peaks, loaded, clock } = options;
  let before: Before | undefined;
  const since = (): Before =>
    before !== undefined && clock.elapsed() - before.at < COUNTS_FOR_MS
      ? { ...before }
      : { report: watch.latest, oursGb: sumGb(loaded()), at: clock.elapsed() };
  const usesGpu = (name: string): boolean => engines.some(({ id, memory }) => id === name && memory === 'gpu');

  function verdictOn(offer: MemoryOffer, { report, loaded: all, leastGb = 0 }: MemoryMoment): MemoryVerdict {
    const { model, task, vramGbEstimate } = offer;
    const { engine } = offer.modelSource;
    if (!usesGpu(engine)) {
      const verdict = fitsMainMemory(offer.modelSource.files ?? [], report);
      return verdict.is === 'does-not-fit' ? verdict : needsNoGpu(engine);
    }
    return fitsMemory({
      estimateGb: vramGbEstimate || leastGb,
      learned: peaks.find({ model, engine, bucket: sizeBucket(task) }),
      gpus: gpuMemory(report),
      loaded: all.filter((share) => share.model !== model),
      heldGb: sumGb(all.filter((share) => share.model === model)),
      marginGb: MARGIN_GB,
    });
  }

  return {
    ranOut(job, { fields }) {
      const report = before === undefined ? watch.latest : before.report;
      const ram =
        report === undefined || report.ram.totalBytes === 0 ? {} : { ramFreeGb: tenths(report.ram.freeBytes) };
      // The kernel ends programs over main memory and knows nothing of a GPU's.
      const isMain = fields.signal === 'SIGKILL' || fields.memory === 'main';
      if (!usesGpu(job.source.engine) || isMain) return ram;
      const gpu = gpuMemory(report).toSorted((a, b) => (b.freeGb ?? 0) - (a.freeGb ?? 0))[0];
      if (gpu?.freeGb === undefined) return ram;
      const { name, freeGb, totalGb } = gpu;
      peaks.learnShortage({ model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task) }, freeGb);
      return { gpu: name, freeGb: tenths(freeGb * GIB), totalGb: tenths(totalGb * GIB) };
    },
    verdict: (offer) =>
      verdictOn(offer, { report: before === undefined ? watch.latest : before.report, loaded: loaded() }),
    verdictOn,
    async watched(job, work) {
      if (!usesGpu(job.source.engine)) return await work();
      const mine = (before = since());
      const over = new AbortController();
      const looking = lookOn(options, mine, over.signal);
      let succeeded = false;
      try {
        const result = await work();
        succeeded = true;
        return result;
      } finally {
        over.abort();
        void conclude();
      }

      /** What the job took besides its model is free by now; until that was seen, what was free before still counts. */
      async function conclude(): Promise<void> {
        const { looks, peakGb } = await looking;
        if (succeeded && looks >= LEAST_LOOKS) {
          peaks.learn({ model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task) }, peakGb);
        }
        await watch.refresh();
        if (before === mine) before = undefined;
      }
    },
  };
}

/** Bytes as GiB for people. */
const tenths = (bytes: number): number => roundToTenths(bytes / GIB);

/** What a verdict against an offer says in the log; undefined for one that is not against it. */
export function unfitReason(verdict: MemoryVerdict): string | undefined {
  if (verdict.is !== 'does-not-fit') return undefined;
  const { needGb, needFrom, marginGb, freeGb, totalGb, gpu } = verdict;
  const source = needFrom === 'learned' ? 'by earlier runs' : 'by the estimate';
  const kind = gpu === MAIN_MEMORY ? 'memory' : 'GPU memory';
  return (
    `${needGb.toFixed(1)} GiB of ${kind} needed ${source} and ${marginGb.toFixed(1)} GiB kept free, ` +
    `${freeGb.toFixed(1)} of ${totalGb.toFixed(1)} GiB are free on ${gpu}`
  );
}

/** What there was before a job, and what of it our own models had, in GiB. */
interface Before {
  readonly report: MemoryReport | undefined;
  readonly oursGb: number;
  /** In the clock's elapsed milliseconds. */
  readonly at: number;
}

interface Seen {
  readonly looks: number;
  /** The most that any one GPU had in use for the job, its model included, in GiB. */
  readonly peakGb: number;
}

/**
 * What the job has is what is in use now and was not before, and what of our own was in use before and is not any more:
 * its model may have been loaded already, and others may have been unloaded for it.
 */
async function lookOn(
  { watch, clock, loaded }: Pick<MemoryGateOptions, 'watch' | 'clock' | 'loaded'>,
  { report: start, oursGb }: Before,
  over: AbortSignal,
): Promise<Seen> {
  let looks = 0;
  let peakGb = 0;
  for (;;) {
    await pause(clock, LOOK_EVERY_MS, over);
    if (over.aborted || start === undefined) return { looks, peakGb };
    const report = await watch.refresh();
    looks += 1;
    const othersGb = sumGb(loaded().filter(({ inUse }) => !inUse));
    const grown = grownGb(start, report);
    if (grown !== undefined) peakGb = Math.max(peakGb, grown + oursGb - othersGb);
  }
}

const sumGb = (shares: readonly LoadedShare[]): number => shares.reduce((sum, { gb }) => sum + gb, 0);
