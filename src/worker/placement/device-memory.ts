import { type GpuDevice, gpuId } from '../../base/gpu-device.ts';
import { reportOn, sharesOn } from '../../models/memory/one-gpu.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import { createJobMemory, type JobMemory, type JobMemoryOptions } from '../rules/job-memory.ts';

/** What jobs take of GPU memory, each GPU for itself; one for all where engines choose among them. */
export class DeviceMemory {
  readonly #options: JobMemoryOptions;
  readonly #jobs = new Map<string | undefined, JobMemory>();

  constructor(options: JobMemoryOptions) {
    this.#options = options;
  }

  /** What the jobs on this GPU take. */
  on(device: GpuDevice | undefined): JobMemory {
    const id = device && gpuId(device);
    const known = this.#jobs.get(id);
    if (known !== undefined) return known;
    const made = createJobMemory(device === undefined ? this.#options : optionsOn(this.#options, device));
    this.#jobs.set(id, made);
    return made;
  }

  /** Free memory as it would be without the running jobs; undefined before the first report. */
  withoutJobs(): MemoryReport | undefined {
    const { latest } = this.#options.watch;
    const ofAll = this.#jobs.get(undefined)?.baseline;
    if (ofAll !== undefined) return ofAll.report;
    const baselines = [...this.#jobs.values()].flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline]));
    const [oldest] = baselines.toSorted((a, b) => a.at - b.at);
    if (latest === undefined || oldest === undefined) return latest;
    const before = new Map(baselines.flatMap(({ report }) => report?.gpus ?? []).map((gpu) => [gpuId(gpu), gpu]));
    const asBefore = (gpu: Gpu): Gpu => ({ ...(before.get(gpuId(gpu)) ?? gpu), name: gpu.name });
    return {
      ...latest,
      ram: oldest.report?.ram ?? latest.ram,
      gpus: latest.gpus.map(asBefore),
    };
  }
}

const optionsOn = ({ watch, loaded, ...rest }: JobMemoryOptions, device: GpuDevice): JobMemoryOptions => ({
  ...rest,
  gpu: device.name,
  watch: {
    get latest() {
      return watch.latest && reportOn(watch.latest, device);
    },
    refresh: async () => reportOn(await watch.refresh(), device),
  },
  loaded: () => sharesOn(loaded(), device),
});
