import { SECOND_MS } from '../../../base/units.ts';
import type { Clock } from '../../../system/clock.ts';
import type { ChildEnvironment } from '../../../system/process/child.ts';
import type { RunProgram } from '../../../system/process/programs.ts';
import type { DeviceKind } from '../../readiness.ts';
import { environmentFor, type EnvironmentOptions } from './environment.ts';

export interface DeviceOptions extends EnvironmentOptions {
  readonly run: RunProgram;
  readonly childEnv: ChildEnvironment;
  readonly clock: Pick<Clock, 'after'>;
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
const ANSWERS_WITHIN_MS = 10 * SECOND_MS;
const MOST_CHARACTERS = 10_000;

/**
 * What a program of stable-diffusion.cpp computes on, by the words with which ggml's backends announce what they found:
 * `vulkan`, `cuda`, `rocm`, `metal`. Undefined when it has not announced anything.
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

/** Asks a program what it computes on until it has said so. */
export function createDeviceBook(options: DeviceOptions) {
  const known = new Map<string, DeviceKind>();
  let last: DeviceKind | undefined;

  async function ask(path: string, signal: AbortSignal): Promise<DeviceKind | undefined> {
    let text = '';
    const onOutput = (part: string): void => void (text = (text + part).slice(0, MOST_CHARACTERS));
    const env = await environmentFor(path, options);
    signal.throwIfAborted();
    const program = options.run([path, '--list-devices'], { env, nice: 0, onOutput, onError: () => {} });
    const kill = (): void => program.killGroup('SIGKILL');
    const disarm = options.clock.after(ANSWERS_WITHIN_MS, kill);
    signal.addEventListener('abort', kill, { once: true });
    const end = await program.ended;
    signal.removeEventListener('abort', kill);
    disarm();
    return end.is === 'exited' && end.code === 0 ? listedDevice(text) : undefined;
  }

  return {
    /** Undefined when it does not say; then it is asked again the next time. Rejects with the signal's reason on abort. */
    async deviceOf(path: string, signal: AbortSignal): Promise<DeviceKind | undefined> {
      // One that cannot be started is the job's to say.
      const device = known.get(path) ?? (await ask(path, signal).catch(() => undefined));
      signal.throwIfAborted();
      last = device;
      if (device !== undefined) known.set(path, device);
      return device;
    },
    /** Of the program that was asked last. */
    get last(): DeviceKind | undefined {
      return last;
    },
  };
}
