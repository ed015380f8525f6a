import { pause } from '../base/pause.ts';
import { GIB, SECOND_MS } from '../base/units.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import type { Engine } from '../engines/engine.ts';
import type { MemoryUse } from '../jobs/run.ts';
import { fitsMemory, type GpuMemory, type LoadedShare, type MemoryVerdict } from '../models/admission.ts';
import { type Peaks, sizeBucket } from '../models/peaks.ts';
import type { Clock } from '../system/clock.ts';
import type { Gpu } from '../system/gpu-text.ts';
import type { MemoryReport } from '../system/gpus.ts';
import type { MemoryWatch } from '../system/memory-watch.ts';

/** Who knows whether an offer fits into GPU memory, and learns from the jobs that ran. */
export interface MemoryGate extends MemoryUse {
  /** From what is known at this moment: nobody is asked. */
  verdict(offer: MemoryOffer): MemoryVerdict;
}

/** What of an offer the verdict is about. */
export type MemoryOffer = Pick<Offer, 'model' | 'task' | 'modelSource' | 'vramGbEstimate'>;

export interface MemoryGateOptions {
  readonly engines: readonly Engine[];
  readonly watch: Pick<MemoryWatch, 'latest' | 'refresh'>;
  readonly peaks: Pick<Peaks, 'find' | 'learn' | 'learnShortage'>;
  /** The models in memory now. */
  readonly loaded: () => readonly LoadedShare[];
  readonly clock: Pick<Clock, 'after'>;
}

/** Stays free whatever an estimate says (studio contract, admission). */
export const MARGIN_GB = 1;
/** Time between two looks while a job runs. */
const LOOK_EVERY_MS = SECOND_MS;
/** A run that was seen less often may have had its peak between two looks. */
const LEAST_LOOKS = 3;

/** A gate that compares with the memory there was before the running job: what it takes itself is not somebody else's. */
export function createMemoryGate(options: MemoryGateOptions): MemoryGate {
  const { engines, watch, peaks, loaded } = options;
  let before: { readonly report: MemoryReport | undefined } | undefined;
  const usesGpu = (name: string): boolean => engines.some(({ id, memory }) => id === name && memory === 'gpu');

  return {
    verdict({ model, task, modelSource: { engine }, vramGbEstimate }) {
      if (!usesGpu(engine)) return { is: 'unknown', because: `the ${engine} engine needs no GPU memory` };
      return fitsMemory({
        estimateGb: vramGbEstimate,
        learned: peaks.find({ model, engine, bucket: sizeBucket(task) }),
        gpus: gpuMemory(before === undefined ? watch.latest : before.report),
        loaded: loaded(),
        marginGb: MARGIN_GB,
      });
    },
    ranOut(job, { fields }) {
      const report = before === undefined ? watch.latest : before.report;
      const ram =
        report === undefined || report.ram.totalBytes === 0 ? {} : { ramFreeGb: tenths(report.ram.freeBytes) };
      // The kernel ends programs over main memory and knows nothing of a GPU's.
      if (!usesGpu(job.source.engine) || fields.signal === 'SIGKILL') return ram;
      const gpu = gpuMemory(report).toSorted((a, b) => (b.freeGb ?? 0) - (a.freeGb ?? 0))[0];
      if (gpu?.freeGb === undefined) return ram;
      const { name, freeGb, totalGb } = gpu;
      peaks.learnShortage({ model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task) }, freeGb);
      return { gpu: name, freeGb: tenths(freeGb * GIB), totalGb: tenths(totalGb * GIB) };
    },
    async watched(job, work) {
      if (!usesGpu(job.source.engine)) return await work();
      const mine = (before = { report: before?.report ?? watch.latest });
      const over = new AbortController();
      const looking = lookOn(options, mine.report, over.signal);
      let succeeded = false;
      try {
        const result = await work();
        succeeded = true;
        return result;
      } finally {
        over.abort();
        void conclude();
      }

      /** The engine has let go of its memory by now; until that was seen, what was free before still counts. */
      async function conclude(): Promise<void> {
        const { looks, peakBytes } = await looking;
        if (succeeded && looks >= LEAST_LOOKS) {
          peaks.learn({ model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task) }, peakBytes / GIB);
        }
        await watch.refresh();
        if (before === mine) before = undefined;
      }
    },
  };
}

/** Bytes as GB for people. */
const tenths = (bytes: number): number => Math.round((bytes / GIB) * 10) / 10;

/** A driver's report in the words of admission. */
export const gpuMemory = (report: MemoryReport | undefined): readonly GpuMemory[] =>
  (report?.gpus ?? []).map(({ name, totalBytes, freeBytes }) => ({
    name,
    totalGb: totalBytes / GIB,
    freeGb: freeBytes === undefined ? undefined : freeBytes / GIB,
  }));

/** What a verdict against an offer says in the log; undefined for one that is not against it. */
export function unfitReason(verdict: MemoryVerdict): string | undefined {
  if (verdict.is !== 'does-not-fit') return undefined;
  const { needGb, needFrom, marginGb, freeGb, totalGb, gpu } = verdict;
  const source = needFrom === 'learned' ? 'by earlier runs' : 'by the estimate';
  return (
    `${needGb.toFixed(1)} GB of GPU memory needed ${source} and ${marginGb.toFixed(1)} GB kept free, ` +
    `${freeGb.toFixed(1)} of ${totalGb.toFixed(1)} GB are free on ${gpu}`
  );
}

interface Seen {
  readonly looks: number;
  /** The most that any one GPU had in use above what was in use before. */
  readonly peakBytes: number;
}

async function lookOn(
  { watch, clock }: Pick<MemoryGateOptions, 'watch' | 'clock'>,
  start: MemoryReport | undefined,
  over: AbortSignal,
): Promise<Seen> {
  let looks = 0;
  let peakBytes = 0;
  for (;;) {
    await pause(clock, LOOK_EVERY_MS, over);
    if (over.aborted || start === undefined) return { looks, peakBytes };
    const { gpus } = await watch.refresh();
    looks += 1;
    peakBytes = Math.max(peakBytes, ...gpus.map((gpu, at) => growth(gpu, start.gpus[at])));
  }
}

/** Drivers list their GPUs in a steady order; one that came or went meanwhile says nothing. */
function growth(now: Gpu, before: Gpu | undefined): number {
  if (before?.uuid !== now.uuid || before?.name !== now.name) return 0;
  return Math.max(0, (now.usedBytes ?? 0) - (before.usedBytes ?? 0));
}
