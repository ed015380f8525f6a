import { toModelId } from '../../../src/base/ids.ts';
import type { GpuDevice } from '../../../src/base/gpu-device.ts';
import { GIB } from '../../../src/base/units.ts';
import { fitsMemory } from '../../../src/models/memory/fit.ts';
import type { LoadedWeights } from '../../../src/models/loaded/lane.ts';
import { type MemoryKind, memoryOfKind } from '../../../src/models/memory/gpu-memory.ts';
import { createModelPool } from '../../../src/models/loaded/pool.ts';
import type { LoadRequest } from '../../../src/models/loaded/entry.ts';
import type { MemoryReport } from '../../../src/system/machine/gpus.ts';
import { synthetic } from '../builders.ts';
import { aGpu } from '../system/a-gpu.ts';
import { FakeClock, settle } from '../system/fake-clock.ts';
import { recordingLogger } from '../recording-logger.ts';

export const TOTAL_GB = 24;
export const KEEP_MS = 300_000;

/** Something that takes memory until it is disposed of. */
export interface FakeModel extends LoadedWeights {
  readonly name: string;
  readonly device: GpuDevice | undefined;
  /** Its process ends by itself. */
  readonly die: () => void;
}

/** Models of a size each, on a GPU, on several, or in the memory of a machine; each has 24 GB. */
export function poolScene(kind: MemoryKind = 'gpu', devices: readonly GpuDevice[] = []) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const machine = { otherGb: 2, keepMs: KEEP_MS, givesBack: true, lostGb: 0 };
  const inMemory = new Map<FakeModel, number>();
  let serial = 0;
  const report = (): MemoryReport => {
    const usedOn = (gpu: GpuDevice | undefined): number =>
      [...inMemory].reduce((sum, [{ device }, gb]) => sum + (gpu === undefined || device === gpu ? gb : 0), 0) +
      machine.otherGb +
      machine.lostGb;
    const usedGb = usedOn(undefined);
    if (devices.length > 0) {
      const gpus = devices.map((device) => aGpu(usedOn(device), device));
      return { gpus, ram: { totalBytes: 99 * GIB, freeBytes: 99 * GIB }, reasons: [] };
    }
    const bytes = { totalBytes: TOTAL_GB * GIB, usedBytes: usedGb * GIB, freeBytes: (TOTAL_GB - usedGb) * GIB };
    return { gpus: kind === 'gpu' ? [aGpu(usedGb)] : [], ram: bytes, reasons: [] };
  };
  const probe = {
    latest: undefined as MemoryReport | undefined,
    refresh: () => Promise.resolve((probe.latest = report())),
    sizeOf: (pid: number) => {
      const [, gb = 0] = [...inMemory].find(([held]) => held.process?.pid === pid) ?? [];
      return Promise.resolve(gb * GIB);
    },
  };
  const onChange = (): void => {};
  const pool = createModelPool<FakeModel>({ keepMs: () => machine.keepMs, probe, clock, log, onChange });
  const request = (name: string, gb = 8, about: Partial<LoadRequest<FakeModel>> = {}): LoadRequest<FakeModel> => ({
    engine: 'onnx',
    model: toModelId(name),
    source: synthetic,
    key: 'one',
    kind,
    gb,
    fits: (now, loaded) =>
      fitsMemory({ estimateGb: gb, learned: undefined, gpus: memoryOfKind(now, kind), loaded, marginGb: 1 }),
    load: (signal) => {
      signal.throwIfAborted();
      return Promise.resolve(hold(name, gb, about.device));
    },
    ...about,
  });
  function hold(name: string, gb: number, device?: GpuDevice): FakeModel {
    const ended = Promise.withResolvers<void>();
    const held: FakeModel = {
      name,
      device,
      process: { pid: (serial += 1), ended: ended.promise },
      die: () => {
        inMemory.delete(held);
        ended.resolve();
      },
      [Symbol.asyncDispose]: () => {
        if (!machine.givesBack && inMemory.has(held)) machine.lostGb += gb;
        held.die();
        return Promise.resolve();
      },
    };
    inMemory.set(held, gb);
    return held;
  }
  const { signal } = new AbortController();
  /** One job that uses a model and is done with it. */
  const use = async (lane: LoadRequest<FakeModel>): Promise<string> => {
    const name = await pool.withModel(lane, signal, (held) => Promise.resolve(held.name));
    await settle();
    return name;
  };
  const names = (): readonly string[] => [...inMemory.keys()].map(({ name }) => name).toSorted();
  return { clock, log, machine, pool, request, hold, use, names, inMemory, signal };
}
