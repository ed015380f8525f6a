import type { Readiness } from './engine.ts';

/** Of engines that compute by ONNX Runtime. */
export const runtimeReadiness = (hasRuntime: boolean): Readiness =>
  hasRuntime
    ? { ready: true }
    : {
        ready: false,
        because: 'ONNX Runtime has no files for this system in this build',
        hint: 'Run `bun install` in a checkout; releases carry it for every system but Macs with an Intel processor.',
      };
