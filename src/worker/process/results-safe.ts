import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { SessionDelivery } from '../../studio/delivery/deliver.ts';
import type { Clock } from '../../system/clock.ts';
import type { WorkerEvents } from '../events.ts';

/** A studio acknowledges a result within a second; one that takes longer than this is not waited for. */
const RESULTS_SAFE_MS = 30 * SECOND_MS;

/** Waits until no result would be lost with the session. False when that takes too long, or the signal aborts. */
export async function resultsSafe(
  {
    delivery,
    events,
    clock,
  }: {
    readonly delivery: Pick<SessionDelivery, 'hasUnkept'>;
    readonly events: Pick<WorkerEvents, 'subscribe'>;
    readonly clock: Pick<Clock, 'after'>;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const safe = new AbortController();
  using _listening = events.subscribe((event) => {
    if (event.is === 'delivery' && !delivery.hasUnkept()) safe.abort();
  });
  if (delivery.hasUnkept()) await pause(clock, RESULTS_SAFE_MS, AbortSignal.any([safe.signal, signal]));
  return !delivery.hasUnkept();
}
