import { notReady, READY, type Readiness } from './readiness.ts';

/** Of engines that compute by ONNX Runtime. */
export const runtimeReadiness = (hasRuntime: boolean): Readiness =>
  hasRuntime
    ? READY
    : notReady({
        because: 'ONNX Runtime has no files for this system in this build',
        hint: 'Run `bun install` in a checkout; releases carry it for every system but Intel Macs.',
      });
