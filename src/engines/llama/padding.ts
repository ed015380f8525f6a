import { GIB } from '../../base/units.ts';

/** More than what has to stay free on a GPU (studio contract, admission): who takes that is unloaded after each job. */
const MIN_BYTES = 1.25 * GIB;
/** The library's own share and most (node-llama-cpp, `vramPadding`): what it reckons with is not exact. */
const SHARE = 0.08;
const MAX_BYTES = 1.6 * GIB;

/** How much of a GPU is left alone when layers are put onto it until it is full, in bytes. */
export const paddingFor = (totalBytes: number): number =>
  Math.floor(Math.max(MIN_BYTES, Math.min(totalBytes * SHARE, MAX_BYTES)));
