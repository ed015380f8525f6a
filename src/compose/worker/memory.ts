import { GIB, MINUTE_MS } from '../../base/units.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Logger } from '../../log/logger.ts';
import type { LoadedShare } from '../../models/memory/fit.ts';
import type { MemoryKind } from '../../models/memory/gpu-memory.ts';
import type { MemoryProbe } from '../../models/memory/evict.ts';
import { openPeaks, type Peaks } from '../../models/memory/peaks.ts';
import { processMemory } from '../../system/process/process-memory.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import { watchMemory } from '../../system/machine/memory-watch.ts';
import type { PreloadOptions } from '../../worker/models/restore.ts';
import { preloadDeviceFor, type PreloadDeviceOptions } from '../../worker/placement/preload-device.ts';
import { createMemoryAdmission, type MemoryAdmission } from '../../worker/rules/memory-admission.ts';
import type { Effects } from '../effects.ts';

/** What is known of memory. Whoever opened it closes it, after the last model is gone: peaks are saved then. */
export interface Memory {
  readonly admission: MemoryAdmission;
  /** For whoever loads models. */
  readonly probe: MemoryProbe & {
    /** The newest report, and when it came; milliseconds since the epoch. */
    readonly latestAt: { readonly at: number; readonly report: MemoryReport } | undefined;
  };
  readonly deviceFor: PreloadOptions['deviceFor'];
  close(): Promise<void>;
}

/** Whose memory, and where what jobs needed is remembered. */
export interface MemoryOptions {
  readonly engines: readonly Engine[];
  readonly peaksPath: string;
  /** The models in this kind of memory now. */
  readonly loaded: (kind: MemoryKind) => readonly LoadedShare[];
  /** The most RAM that one engine process may hold, in GiB. */
  readonly ceilingGb: () => number;
  /** The GPUs that jobs are placed on; none where engines choose. */
  readonly devices: () => readonly GpuDevice[];
  readonly machine: PreloadDeviceOptions['machine'];
  /** Called with each report of the drivers. */
  readonly onReport: (report: MemoryReport) => void;
  readonly log: Logger;
}

/** Often enough to notice a game that was started; an answer costs the driver up to a second. */
const ASK_EVERY_MS = MINUTE_MS / 2;

/** Admission by memory in a running worker. Drivers are asked in the background: an offer is answered at once. */
export async function openMemory(effects: Effects, options: MemoryOptions): Promise<Memory> {
  const { engines, peaksPath, loaded, ceilingGb, devices, machine, onReport, log } = options;
  const { clock, files, gpus } = effects;
  const peaks: Peaks = await openPeaks({ path: peaksPath, files, clock, log });
  const watch = watchMemory({ gpus, clock, everyMs: ASK_EVERY_MS, onReport });
  void watch.refresh().then((report) => logGpus(report, log));
  const admission = createMemoryAdmission({ engines, watch, peaks, loaded, ceilingGb, devices, clock });
  const probe: Memory['probe'] = {
    get latest() {
      return watch.latest;
    },
    get latestAt() {
      const { latest, latestAt } = watch;
      return latest && { at: latestAt, report: latest };
    },
    refresh: () => watch.refresh(),
    sizeOf: processMemory,
  };
  const deviceFor = preloadDeviceFor({ admission, probe, machine, devices });
  return {
    admission,
    probe,
    deviceFor,
    async close() {
      watch[Symbol.dispose]();
      await peaks.saved();
    },
  };
}

/** Once, since it does not change: what offers are checked against, or why none can be. */
function logGpus({ gpus, reasons, denied = [], ruleProblems = [] }: MemoryReport, log: Logger): void {
  for (const { gpu, by } of denied) log.info('gpu.denied', { name: gpu.name, uuid: gpu.uuid, by });
  for (const because of ruleProblems) log.warn('gpu.rule-mistaken', { because });
  for (const { name, driver, totalBytes } of gpus) {
    if (totalBytes > 0) log.info('gpu.found', { name, driver, totalGb: Number((totalBytes / GIB).toFixed(1)) });
    else log.warn('gpu.size-unknown', { name, driver });
  }
  if (gpus.length === 0) log.warn('gpu.not-found', { reasons });
}
