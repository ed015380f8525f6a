import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { Entry } from './entry.ts';
import type { LoadedWeights } from './lane.ts';
import { isIdle } from './lifecycle.ts';

/** A child is killed within half a second; an engine inside this process may not even notice. */
const TIMEOUT_MS = SECOND_MS;

/** Frees all entries, used or not. Settles when they are out of memory, and after a second in any case. */
export async function freeAll<Model extends LoadedWeights>(
  entries: readonly Entry<Model>[],
  clock: Pick<Clock, 'after'>,
): Promise<void> {
  const timeout = new AbortController();
  const unloads = entries.map(async ({ lane }) => {
    const unloaded = lane.unload('stopping');
    // A running use is not waited for: the model is taken from under it.
    if (!isIdle(lane.state)) await lane.model?.[Symbol.asyncDispose]();
    await unloaded;
  });
  await Promise.race([Promise.all(unloads), pause(clock, TIMEOUT_MS, timeout.signal)]);
  timeout.abort();
}
