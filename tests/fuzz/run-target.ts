import { inputAt } from './mutate.ts';
import { type Fault, faultOf, type Target } from './target.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly forMs: number;
  /** Called before each input is read, so that one which never ends is known. */
  readonly onInput?: (index: number) => void;
}

/** What became of a run: how many inputs were read, and the first that was not taken as it should. */
export interface FuzzRun {
  readonly tried: number;
  readonly found?: Fault & { readonly index: number; readonly bytes: Uint8Array };
}

/** Has a target read one input after the other until the time is over or one is not taken as it should. */
export async function fuzzTarget(target: Target, { seed, forMs, onInput = () => {} }: FuzzOptions): Promise<FuzzRun> {
  const corpus = await target.corpus();
  const until = performance.now() + forMs;
  for (let index = 0; ; index++) {
    // Every sample is read as it is, however short the time.
    if (index > corpus.samples.length && performance.now() > until) return { tried: index };
    onInput(index);
    const bytes = inputAt(corpus, seed, index);
    const fault = await faultOf(target, bytes);
    if (fault !== undefined) return { tried: index + 1, found: { ...fault, index, bytes } };
  }
}
