import { gpuId } from '../../../base/gpu-device.ts';
import { SECOND_MS } from '../../../base/units.ts';
import type { AskProgram } from '../../../system/process/ask-program.ts';
import type { LoadOptions } from '../../load-options.ts';
import type { DeviceKind } from '../../readiness.ts';
import { environmentOn, type GpuEnvironmentOptions } from './environment.ts';

export interface DeviceOptions extends GpuEnvironmentOptions {
  readonly ask: AskProgram;
}

/** What builds of stable-diffusion.cpp call the devices they can use, and what we do. */
const KINDS: readonly (readonly [RegExp, DeviceKind])[] = [
  [/^cuda/i, 'cuda'],
  [/^(rocm|hip)/i, 'rocm'],
  [/^(vulkan|vk)/i, 'vulkan'],
  [/^(metal|mtl)/i, 'metal'],
  [/^cpu/i, 'cpu'],
];
/** Drivers take their time to start. */
export const ANSWERS_WITHIN_MS = 10 * SECOND_MS;

/**
 * What a program of stable-diffusion.cpp computes on, by the lines in which ggml's backends announce what they found:
 * `vulkan`, `cuda`, `rocm`, `metal`. Undefined before any of them.
 */
export function announcedDevice(text: string): string | undefined {
  const [, found] = /ggml_(?:vulkan|cuda_init): found [1-9]\d* (Vulkan|CUDA|ROCm) devices/i.exec(text) ?? [];
  if (found !== undefined) return found.toLowerCase();
  return /ggml_metal_(?:device_)?init: (?:GPU name|found device)/i.test(text) ? 'metal' : undefined;
}

/** What a program computes on, by the list of devices that it prints: the first that is no CPU. */
export function listedDevice(list: string): DeviceKind | undefined {
  const kinds = list.split('\n').flatMap((line) => KINDS.find(([name]) => name.test(line.trim()))?.[1] ?? []);
  return kinds.find((kind) => kind !== 'cpu') ?? kinds[0];
}

interface Asked {
  readonly device: LoadOptions['device'];
  readonly signal: AbortSignal;
}

/** Remembers what each program computes on, on any GPU or on the one it has to stay on. One that gives no answer is asked again the next time. */
export function createDeviceBook(options: DeviceOptions) {
  const known = new Map<string, DeviceKind>();
  let last: DeviceKind | undefined;

  async function ask(path: string, { device, signal }: Asked): Promise<DeviceKind | undefined> {
    const env = await environmentOn(path, device, options);
    const command = [path, '--list-devices'];
    const { end, output } = await options.ask(command, { env, limitMs: ANSWERS_WITHIN_MS, signal });
    return end.is === 'exited' && end.code === 0 ? listedDevice(output) : undefined;
  }

  return {
    /** Undefined when it gives no answer. Rejects with the signal's reason on abort. */
    async deviceOf(path: string, { device, signal }: Asked): Promise<DeviceKind | undefined> {
      const key = device === undefined ? path : `${path} ${gpuId(device)}`;
      // That it cannot be started is reported by the job that needs it.
      const kind = known.get(key) ?? (await ask(path, { device, signal }).catch(() => undefined));
      signal.throwIfAborted();
      last = kind;
      if (kind !== undefined) known.set(key, kind);
      return kind;
    },
    /** The device of the program that was asked last. */
    get last(): DeviceKind | undefined {
      return last;
    },
  };
}
