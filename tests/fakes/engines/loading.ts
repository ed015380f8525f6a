import type { LoadOptions } from '../../../src/engines/load-options.ts';
import type { LoadContext } from '../../../src/engines/host/inner.ts';

/** How a job loads its model at first. */
export const USUAL: LoadOptions = { lean: false, mayFetch: true, device: undefined };
/** How it loads it once that took too much memory. */
export const LEAN: LoadOptions = { lean: true, mayFetch: true, device: undefined };

/** What the part of an engine in the child is asked to load with. */
export const loading = (signal = new AbortController().signal): LoadContext => ({
  signal,
  progress: () => {},
  lean: false,
  binariesFolder: undefined,
});
