import type { Engine } from '../engine.ts';
import { type DeviceKind, notReady, type Where } from '../readiness.ts';
import { createDeviceBook } from './program/device.ts';
import { createPreviewBook } from './program/previews.ts';
import type { LoadedOptions } from './loaded.ts';
import { createSdCliSupply, type SdCliSupplyOptions } from './program/supply.ts';

export interface SdCppOptions extends SdCliSupplyOptions, LoadedOptions {
  readonly files: SdCliSupplyOptions['files'] & LoadedOptions['files'];
  readonly environment: SdCliSupplyOptions['environment'] & LoadedOptions['environment'];
  readonly clock: LoadedOptions['clock'];
}

/** Diffusion models, by the programs of stable-diffusion.cpp. */
export function createSdCppEngine(options: SdCppOptions): Engine {
  const programs = createSdCliSupply(options);
  const devices = createDeviceBook(options);
  const previews = createPreviewBook(options);
  return {
    id: 'sd-cpp',
    models: { image: ['sd-cpp:*'], video: ['sd-cpp:*'] },
    memory: 'gpu',
    canRunLean: true,
    readiness: async () => {
      const problem = await programs.missing();
      return problem === undefined
        ? { ready: true, where: whereOf(devices.last) }
        : notReady({ because: problem.message, hint: problem.hint ?? '' });
    },
    load: async (model, signal, how) => {
      const { path } = await programs.get(signal, how);
      signal.throwIfAborted();
      const ranOn = await devices.deviceOf(path, { device: how.device, signal });
      const { openModel } = await import('./loaded.ts'); // and all that writes a command line, once there is one
      return await openModel({ program: path, model, how, ranOn, previews }, options, signal);
    },
  };
}

/** Known once a program was asked, which the first job does. */
const whereOf = (on: DeviceKind | undefined): Where | undefined =>
  on === 'cpu' ? { on, whyNotGpu: NO_GPU } : on && { on };

const NO_GPU = {
  because: '`sd-cli --list-devices` names no GPU',
  hint: 'Install the driver of the GPU, or a build of stable-diffusion.cpp for it.',
};
