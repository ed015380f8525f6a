import { type GpuDevice, gpuLabel } from '../base/gpu-device.ts';
import { decorate } from './decorate.ts';
import type { Engine, LoadedModel } from './engine.ts';

/** The same engine, whose models name the GPU that they were placed on beside what they ran on. */
export const namingGpu = (engine: Engine): Engine =>
  decorate(engine, {
    load: async (files, signal, how) => named(await engine.load(files, signal, how), how.device),
  });

function named(loaded: LoadedModel, device: GpuDevice | undefined): LoadedModel {
  if (device === undefined) return loaded;
  return {
    get process() {
      return loaded.process;
    },
    get ranOn() {
      return ranOnGpu(loaded.ranOn, device);
    },
    where: loaded.where,
    run: (task, context) => loaded.run(task, context),
    [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
  };
}

/** As much as a result carries of it, in its characters (studio contract, an extension of ours). */
const MAX_CHARACTERS = 100;

/** What a result says that it ran on, such as `cuda (NVIDIA GeForce RTX 4090 #1)`; nothing is added to the CPU. */
export function ranOnGpu(kind: string | undefined, device: GpuDevice): string | undefined {
  if (kind === undefined || kind === 'cpu') return kind;
  const ascii = `${kind} (${gpuLabel(device)})`.replaceAll(/[^\x20-\x7e]/g, '?');
  return ascii.length <= MAX_CHARACTERS ? ascii : `${ascii.slice(0, MAX_CHARACTERS - 1)})`;
}
