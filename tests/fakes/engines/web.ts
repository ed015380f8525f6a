import { WorkerError } from '../../../src/base/errors.ts';
import type { FetchInput } from '../../../src/engines/media/inputs.ts';

/** Fetches the inputs of tasks from a map of what is at each URL. */
export const fetchFrom =
  (web: ReadonlyMap<string, Uint8Array>): FetchInput =>
  (_what, url, signal) => {
    signal.throwIfAborted();
    const found = web.get(url);
    if (found === undefined) return Promise.reject(new WorkerError('download.missing', `nothing at ${url}`));
    return Promise.resolve(found);
  };
