import type { Engine } from '../engine.ts';
import { type LoadedOptions, openModel } from './loaded.ts';
import { createPrograms, type ProgramsOptions } from './programs.ts';

export interface SdCppOptions extends ProgramsOptions, LoadedOptions {
  readonly files: ProgramsOptions['files'] & LoadedOptions['files'];
  readonly environment: ProgramsOptions['environment'] & LoadedOptions['environment'];
}

/** Diffusion models, by the programs of stable-diffusion.cpp. */
export function createSdCppEngine(options: SdCppOptions): Engine {
  const programs = createPrograms(options);
  return {
    id: 'sd-cpp',
    models: { image: ['sd-cpp:*'], video: ['sd-cpp:*'] },
    memory: 'gpu',
    canRunLean: true,
    readiness: async () => {
      const problem = await programs.missing();
      return problem === undefined
        ? { ready: true }
        : { ready: false, because: problem.message, hint: problem.hint ?? '' };
    },
    load: async (model, signal, how) => {
      const { path } = await programs.get(signal);
      signal.throwIfAborted();
      return await openModel({ program: path, model, lean: how?.lean === true }, options, signal);
    },
  };
}
