import type { WorkerError } from '../../base/errors.ts';
import { GIB, roundToTenths } from '../../base/units.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Job } from '../../jobs/job.ts';
import type { Shortage } from '../../jobs/lean-retry.ts';
import type { MemoryUse } from '../../jobs/run-deps.ts';
import { fitsMemory, type LoadedShare, type MemoryVerdict } from '../../models/memory/fit.ts';
import type { Peaks } from '../../models/memory/peaks.ts';
import { sizeBucket } from '../../models/memory/size-bucket.ts';
import { gpuMemory, MARGIN_GB, type MemoryKind, sumGb } from '../../models/memory/gpu-memory.ts';
import { createJobMemory, type JobMemory } from './job-memory.ts';
import { fitsHostMemory, fitsMainMemory, hostNeedGb, type OffloadingSource } from './main-memory.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { MemoryWatch } from '../../system/machine/memory-watch.ts';

/**
 * Who knows whether an offer fits into GPU memory, and learns from the jobs that ran. The estimate of the studio holds for
 * every offer, whichever engine is named (studio contract, admission): it counts on one answer for one estimate.
 */
export interface MemoryAdmission extends MemoryUse {
  /** From what is known at this moment; no driver is asked. */
  verdict(offer: MemoryOffer): MemoryVerdict;
  /** The same from a given report, for whoever has just asked; `minGb` counts where neither the studio nor an earlier run says what a job needs. */
  verdictOn(offer: MemoryOffer, moment: MemoryMoment): MemoryVerdict;
  /** Whether the weights that a model keeps in the memory of the machine fit there; undefined when it keeps none there. */
  hostVerdictOn(source: OffloadingSource, moment: MemoryMoment): MemoryVerdict | undefined;
  /** The largest estimate that could ever be taken, in GiB: what the largest GPU has; undefined while no size is known. */
  maxEstimateGb(): number | undefined;
}

/** Memory at one moment, and the models in it. */
export interface MemoryMoment {
  readonly report: MemoryReport | undefined;
  readonly loaded: readonly LoadedShare[];
  readonly minGb?: number;
}

/** What of an offer the verdict is about. */
export type MemoryOffer = Pick<Offer, 'model' | 'task' | 'vramGbEstimate'> & {
  readonly modelSource: Pick<Offer['modelSource'], 'engine'> & OffloadingSource;
};

export interface MemoryAdmissionOptions {
  readonly engines: readonly Engine[];
  readonly watch: Pick<MemoryWatch, 'latest' | 'refresh'>;
  readonly peaks: Pick<Peaks, 'find' | 'learn' | 'learnShortage'>;
  /** The models in this kind of memory now. */
  readonly loaded: (kind: MemoryKind) => readonly LoadedShare[];
  /** The most RAM that one engine process may hold, in GiB. */
  readonly ceilingGb: () => number;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
}

/** Admission that compares with the memory there was before the running jobs: what they take themselves is not somebody else's. */
export const createMemoryAdmission = (options: MemoryAdmissionOptions): MemoryAdmission => new WatchedMemory(options);

class WatchedMemory implements MemoryAdmission {
  readonly #options: MemoryAdmissionOptions;
  readonly #jobs: JobMemory;

  constructor(options: MemoryAdmissionOptions) {
    const { watch, peaks, loaded, clock } = options;
    this.#options = options;
    this.#jobs = createJobMemory({ watch, peaks, loaded: () => loaded('gpu'), clock });
  }

  verdict(offer: MemoryOffer): MemoryVerdict {
    const { loaded } = this.#options;
    const [report, all] = [this.#latest(), loaded('gpu')];
    const device = this.verdictOn(offer, { report, loaded: all });
    // A model that is in memory already has moved its weights there.
    if (device.is === 'does-not-fit' || all.some(({ model }) => model === offer.model)) return device;
    const host = this.hostVerdictOn(offer.modelSource, { report, loaded: loaded('ram') });
    const isWorse = host?.is === 'does-not-fit' || (host?.is === 'fits-after-unloading' && device.is !== host.is);
    return isWorse ? host : device;
  }

  verdictOn(offer: MemoryOffer, { report, loaded: all, minGb = 0 }: MemoryMoment): MemoryVerdict {
    const { model, task, vramGbEstimate } = offer;
    const { engine } = offer.modelSource;
    const device = fitsMemory({
      estimateGb: vramGbEstimate || minGb,
      learned: this.#options.peaks.find({ model, engine, bucket: sizeBucket(task) }),
      gpus: gpuMemory(report),
      loaded: all.filter((share) => share.model !== model),
      heldGb: sumGb(all.filter((share) => share.model === model)),
      marginGb: MARGIN_GB,
    });
    if (device.is === 'does-not-fit' || this.#memoryOf(engine) !== 'none') return device;
    const main = fitsMainMemory(offer.modelSource.files ?? [], report);
    return main.is === 'does-not-fit' ? main : device;
  }

  hostVerdictOn(source: OffloadingSource, { report, loaded }: MemoryMoment): MemoryVerdict | undefined {
    if (hostNeedGb(source) === undefined) return undefined;
    return fitsHostMemory(source, { report, loaded, ceilingGb: this.#options.ceilingGb() });
  }

  maxEstimateGb(): number | undefined {
    const sizes = gpuMemory(this.#options.watch.latest).flatMap(({ totalGb }) => (totalGb > 0 ? [totalGb] : []));
    return sizes.length === 0 ? undefined : Math.max(0, Math.max(...sizes) - MARGIN_GB);
  }

  async watched<T>(job: Job, work: () => Promise<T>): Promise<T> {
    return this.#usesGpu(job.source.engine) ? await this.#jobs.watched(job, work) : await work();
  }

  ranOut(job: Job, { fields }: WorkerError): Shortage {
    const report = this.#latest();
    const ram = report === undefined || report.ram.totalBytes === 0 ? {} : { ramFreeGb: tenths(report.ram.freeBytes) };
    // The kernel ends programs over main memory and knows nothing of a GPU's.
    const isMain = fields['signal'] === 'SIGKILL' || fields['memory'] === 'main';
    if (!this.#usesGpu(job.source.engine) || isMain) return ram;
    const gpu = gpuMemory(report).toSorted((a, b) => (b.freeGb ?? 0) - (a.freeGb ?? 0))[0];
    if (gpu?.freeGb === undefined) return ram;
    const { name, freeGb, totalGb } = gpu;
    const need = { model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task) };
    this.#options.peaks.learnShortage(need, freeGb);
    return { gpu: name, freeGb: tenths(freeGb * GIB), totalGb: tenths(totalGb * GIB) };
  }

  /** Free memory as it would be without the running jobs. */
  #latest(): MemoryReport | undefined {
    return this.#jobs.baseline === undefined ? this.#options.watch.latest : this.#jobs.baseline.report;
  }

  #memoryOf(engine: string): Engine['memory'] | undefined {
    return this.#options.engines.find(({ id }) => id === engine)?.memory;
  }

  #usesGpu(engine: string): boolean {
    return this.#memoryOf(engine) === 'gpu';
  }
}

/** Bytes as GiB for people. */
const tenths = (bytes: number): number => roundToTenths(bytes / GIB);
