import { WorkerError } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import type { Random } from '../../system/random.ts';
import type { FetchInput } from './inputs.ts';

/*
 * Files that came with a request of this machine. A task names its inputs by URL; such a file is held in memory under a
 * URL that nobody can guess, for as long as its job lasts.
 */

export interface HeldInputs {
  /** Disposing lets go of the file. */
  hold(bytes: Uint8Array): Disposable & { readonly url: string };
  /** Gives held files to those who ask by their URL; every other URL goes the usual way. */
  over(fetchInput: FetchInput, maxBytes: number): FetchInput;
}

const SCHEME = 'held:';
/** As hard to guess as a key. */
const ID_BYTES = 16;

export function createHeldInputs(random: Pick<Random, 'hex'>): HeldInputs {
  const held = new Map<string, Uint8Array>();
  return {
    hold(bytes) {
      const url = `${SCHEME}${random.hex(ID_BYTES)}`;
      held.set(url, bytes);
      return { url, [Symbol.dispose]: () => void held.delete(url) };
    },
    over: (fetchInput, maxBytes) => async (what, url, signal) => {
      const bytes = held.get(url);
      if (bytes === undefined) return await fetchInput(what, url, signal);
      if (bytes.byteLength <= maxBytes) return bytes;
      throw new WorkerError('download.too-large', `the ${what} is larger than ${formatBytes(maxBytes)}`, {
        hint: `Send a smaller ${what}.`,
      });
    },
  };
}
