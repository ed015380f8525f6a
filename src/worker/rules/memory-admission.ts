import type { WorkerError } from '../../base/errors.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import { GIB, roundToTenths } from '../../base/units.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Job } from '../../jobs/job.ts';
import type { Shortage } from '../../jobs/lean-retry.ts';
import type { MemoryUse } from '../../jobs/run-deps.ts';
import { fitsMemory, type LoadedShare, type MemoryVerdict } from '../../models/memory/fit.ts';
import { reportOn } from '../../models/memory/one-gpu.ts';
import type { Peaks } from '../../models/memory/peaks.ts';
import { place, type PlaceableGpu, type Placement } from '../../models/memory/placement.ts';
import { sizeBucket } from '../../models/memory/size-bucket.ts';
import { gpuMemory, MARGIN_GB, type MemoryKind, sumGb } from '../../models/memory/gpu-memory.ts';
import { DeviceMemory } from '../placement/device-memory.ts';
import { fitsHostMemory, fitsMainMemory, hostNeedGb, type OffloadingSource } from './main-memory.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { MemoryWatch } from '../../system/machine/memory-watch.ts';

/**
 * Who knows whether an offer fits into GPU memory, and learns from the jobs that ran. The estimate of the studio holds for
 * every offer, whichever engine is named (studio contract, admission): it counts on one answer for one estimate.
 */
export interface MemoryAdmission extends MemoryUse {
  /** From what is known at this moment; no driver is asked. On the GPU that suits it best, where there are several. */
  verdict(offer: MemoryOffer): MemoryVerdict;
  /** The same from a given report, for a caller that has just read one. */
  verdictOn(offer: MemoryOffer, moment: MemorySnapshot): MemoryVerdict;
  /** Which of several GPUs it is for, by what is known of their use; undefined where engines choose. */
  placement(offer: PlacementOffer, use: (device: GpuDevice) => PlaceableGpu['is']): Placement | undefined;
  /** Whether the weights that a model keeps in the memory of the machine fit there; undefined when it keeps none there. */
  hostVerdictOn(source: OffloadingSource, moment: MemorySnapshot): MemoryVerdict | undefined;
  /** The largest estimate that could ever be taken, in GiB: what the largest GPU has; undefined while no size is known. */
  maxEstimateGb(): number | undefined;
}

/** Memory at one moment, and the models in it. */
export interface MemorySnapshot {
  readonly report: MemoryReport | undefined;
  readonly loaded: readonly LoadedShare[];
  /** Counts where neither the studio nor an earlier run says what a job needs. */
  readonly minGb?: number;
  /** The GPU that it is about, as all of the above; undefined where engines choose. */
  readonly device?: GpuDevice | undefined;
}

/** What of an offer the verdict is about. */
export type MemoryOffer = Pick<Offer, 'model' | 'task' | 'vramGbEstimate'> & {
  readonly modelSource: Pick<Offer['modelSource'], 'engine'> & OffloadingSource;
};

/** The parts of an offer that decide its GPU; without a task for a model that is preloaded for any job. */
export type PlacementOffer = Pick<MemoryOffer, 'model' | 'vramGbEstimate'> & {
  readonly task: MemoryOffer['task'] | undefined;
  readonly modelSource: Pick<Offer['modelSource'], 'engine'>;
};

export interface MemoryAdmissionOptions {
  readonly engines: readonly Engine[];
  readonly watch: Pick<MemoryWatch, 'latest' | 'refresh'>;
  readonly peaks: Pick<Peaks, 'find' | 'learn' | 'learnShortage'>;
  /** The models in this kind of memory now. */
  readonly loaded: (kind: MemoryKind) => readonly LoadedShare[];
  /** The most RAM that one engine process may hold, in GiB. */
  readonly ceilingGb: () => number;
  /** The GPUs that jobs are placed on; none where engines choose, as on a machine with one. */
  readonly devices?: () => readonly GpuDevice[];
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
}

/** Admission that compares with the memory there was before the running jobs: what they take themselves is not somebody else's. */
export const createMemoryAdmission = (options: MemoryAdmissionOptions): MemoryAdmission => new WatchedMemory(options);

class WatchedMemory implements MemoryAdmission {
  readonly #options: MemoryAdmissionOptions;
  readonly #jobs: DeviceMemory;

  constructor(options: MemoryAdmissionOptions) {
    const { watch, peaks, loaded, clock } = options;
    this.#options = options;
    this.#jobs = new DeviceMemory({ watch, peaks, loaded: () => loaded('gpu'), clock });
  }

  verdict(offer: MemoryOffer): MemoryVerdict {
    const { loaded } = this.#options;
    const [report, all] = [this.#jobs.withoutJobs(), loaded('gpu')];
    const placement = this.placement(offer, () => 'in-use'); // as if the running jobs were done
    const onGpu =
      placement === undefined
        ? this.verdictOn(offer, { report, loaded: all })
        : this.#withMainMemory(offer, placement.verdict, report);
    // A model that is in memory already has moved its weights there.
    if (onGpu.is === 'does-not-fit' || all.some(({ model }) => model === offer.model)) return onGpu;
    const host = this.hostVerdictOn(offer.modelSource, { report, loaded: loaded('ram') });
    const isWorse = host?.is === 'does-not-fit' || (host?.is === 'fits-after-unloading' && onGpu.is !== host.is);
    return isWorse ? host : onGpu;
  }

  verdictOn(offer: MemoryOffer, { report, loaded: all, minGb = 0, device }: MemorySnapshot): MemoryVerdict {
    const { model, task, vramGbEstimate } = offer;
    const { engine } = offer.modelSource;
    const verdict = fitsMemory({
      estimateGb: vramGbEstimate || minGb,
      learned: this.#options.peaks.find({ model, engine, bucket: sizeBucket(task), gpu: device?.name }),
      gpus: gpuMemory(report),
      loaded: all.filter((share) => share.model !== model),
      heldGb: sumGb(all.filter((share) => share.model === model)),
      marginGb: MARGIN_GB,
    });
    return this.#withMainMemory(offer, verdict, report);
  }

  placement(
    { model, task, vramGbEstimate, modelSource }: PlacementOffer,
    use: (device: GpuDevice) => PlaceableGpu['is'],
  ) {
    const { devices = () => [], peaks, loaded } = this.#options;
    if (devices().length === 0) return undefined; // as on a machine with one GPU
    const { engine } = modelSource;
    const report = this.#jobs.withoutJobs();
    const gpus = devices().flatMap((device) => {
      const [memory] = gpuMemory(report && reportOn(report, device));
      if (memory === undefined) return [];
      const key = task && { model, engine, bucket: sizeBucket(task), gpu: device.name };
      return [{ device, memory, learned: key && peaks.find(key), is: use(device) }];
    });
    return place({ model, estimateGb: vramGbEstimate, marginGb: MARGIN_GB, gpus, loaded: loaded('gpu') });
  }

  hostVerdictOn(source: OffloadingSource, { report, loaded }: MemorySnapshot): MemoryVerdict | undefined {
    if (hostNeedGb(source) === undefined) return undefined;
    return fitsHostMemory(source, { report, loaded, ceilingGb: this.#options.ceilingGb() });
  }

  maxEstimateGb(): number | undefined {
    const sizes = gpuMemory(this.#options.watch.latest).flatMap(({ totalGb }) => (totalGb > 0 ? [totalGb] : []));
    return sizes.length === 0 ? undefined : Math.max(0, Math.max(...sizes) - MARGIN_GB);
  }

  async watched<T>(job: Job, work: () => Promise<T>, device?: GpuDevice): Promise<T> {
    return this.#usesGpu(job.source.engine) ? await this.#jobs.on(device).watched(job, work) : await work();
  }

  ranOut(job: Job, { fields }: WorkerError, device?: GpuDevice): Shortage {
    const report = this.#jobs.withoutJobs();
    const ram = report === undefined || report.ram.totalBytes === 0 ? {} : { ramFreeGb: tenths(report.ram.freeBytes) };
    // The kernel ends programs over main memory and knows nothing of a GPU's.
    const isMain = fields['signal'] === 'SIGKILL' || fields['memory'] === 'main';
    if (!this.#usesGpu(job.source.engine) || isMain) return ram;
    const gpus = gpuMemory(report && reportOn(report, device));
    const [gpu] = gpus.toSorted((a, b) => (b.freeGb ?? 0) - (a.freeGb ?? 0));
    if (gpu?.freeGb === undefined) return ram;
    const { name, freeGb, totalGb } = gpu;
    const key = { model: job.model, engine: job.source.engine, bucket: sizeBucket(job.task), gpu: device?.name };
    this.#options.peaks.learnShortage(key, freeGb);
    return { gpu: name, freeGb: tenths(freeGb * GIB), totalGb: tenths(totalGb * GIB) };
  }

  /** Weights of an engine that uses no GPU have to fit into the memory of the machine besides. */
  #withMainMemory(
    { modelSource }: MemoryOffer,
    verdict: MemoryVerdict,
    report: MemoryReport | undefined,
  ): MemoryVerdict {
    if (verdict.is === 'does-not-fit' || this.#memoryOf(modelSource.engine) !== 'none') return verdict;
    const main = fitsMainMemory(modelSource.files ?? [], report);
    return main.is === 'does-not-fit' ? main : verdict;
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
