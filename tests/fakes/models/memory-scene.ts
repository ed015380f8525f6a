import type { GpuDevice } from '../../../src/base/gpu-device.ts';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import type { LearnedPeak, LoadedShare } from '../../../src/models/memory/fit.ts';
import type { PeakKey } from '../../../src/models/memory/peaks.ts';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';
import { createMemoryAdmission } from '../../../src/worker/rules/memory-admission.ts';
import { aJob, aTask } from '../builders.ts';
import { aGpu } from '../system/a-gpu.ts';
import { FakeClock } from '../system/fake-clock.ts';
import { ScriptedEngine } from '../engines/scripted-engine.ts';

/** What the driver of one GPU of 24 GB says. */
export function report(usedGb: number, about: { uuid?: string; saysUse?: boolean } = {}): MemoryReport {
  const { uuid = 'GPU-1', saysUse = true } = about;
  const silent = { usedBytes: undefined, freeBytes: undefined };
  return {
    gpus: [aGpu(usedGb, { uuid, ...(saysUse ? {} : silent) })],
    ram: { totalBytes: 1, freeBytes: 1 },
    reasons: [],
  };
}

/** Admission before a GPU whose use the test sets; what was learned is kept in a list. */
export function memoryScene(memory: 'gpu' | 'none' = 'gpu', devices: readonly GpuDevice[] = []) {
  const clock = new FakeClock();
  const engine = new ScriptedEngine();
  engine.memory = memory;
  const watch = {
    latest: undefined as MemoryReport | undefined,
    now: report(2),
    refresh: () => Promise.resolve((watch.latest = watch.now)),
  };
  const learned: { key: PeakKey; peakGb: number }[] = [];
  const short: { key: PeakKey; freeGb: number }[] = [];
  const known = new Map<string, LearnedPeak>();
  const loaded: LoadedShare[] = [];
  const inRam: LoadedShare[] = [];
  const ceiling = { gb: 32 };
  const admission = createMemoryAdmission({
    engines: [engine],
    watch,
    peaks: {
      find: ({ bucket }) => known.get(bucket),
      learn: (key, peakGb) => void learned.push({ key, peakGb }),
      learnShortage: (key, freeGb) => void short.push({ key, freeGb }),
    },
    loaded: (kind) => (kind === 'gpu' ? loaded : inRam),
    ceilingGb: () => ceiling.gb,
    devices: () => devices,
    clock,
  });
  /** Starts a job; the returned function ends it. */
  function start() {
    const job = aJob({ task: aTask({ kind: 'image', prompt: 'a fox' }) });
    const work = Promise.withResolvers<string>();
    const outcome = admission.watched(job, () => work.promise);
    return {
      outcome,
      complete: () => work.resolve('done'),
      fail: () => work.reject(new WorkerError('engine.failed', 'out of memory')),
    };
  }
  const uses = async (usedGb: number): Promise<void> => {
    watch.now = report(usedGb);
    await clock.advanceAsync(1_000);
  };
  return { admission, watch, known, learned, short, start, uses, clock, loaded, inRam, ceiling };
}

/** A model in memory, of so many gigabytes. */
export const share = (model: string, gb: number, inUse = false): LoadedShare => ({
  model: toModelId(model),
  gb,
  inUse,
  lastUsedElapsedMs: 0,
});
