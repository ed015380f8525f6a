import type { GpuDevice } from '../base/gpu-device.ts';

/** How a model is to be loaded. */
export interface LoadOptions {
  /** Less GPU memory at the price of speed: smaller batches, weights left in the machine's own memory. */
  readonly lean: boolean;
  /** Whether programs or libraries may be downloaded for it; where they may not, a load that lacks one fails. */
  readonly mayFetch: boolean;
  /** The GPU it has to stay on; undefined on a machine with one, and for what needs none: the engine chooses then. */
  readonly device: GpuDevice | undefined;
}
