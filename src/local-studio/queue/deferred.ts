import { MINUTE_MS } from '../../base/units.ts';

/** How long a job that a worker could not take lets the others pass, and how many may do so at once. */
const DEFERRED_MS = 10 * MINUTE_MS;
const MAX_DEFERRED = 40; // fewer than one query can skip

/**
 * Jobs, by `seq`, that a worker rejected for the moment: how often in a row, and until when the others go first. Times
 * are `Clock.elapsed`.
 */
export type Deferred = Map<number, { readonly times: number; readonly untilMs: number }>;

/**
 * Records a "not now". A worker that gives it twice for one job, with an idle heartbeat in between, means the job: its
 * model does not fit, or crashed too often. The contract's texts do not tell that from a worker that is busy.
 */
export function defer(deferred: Deferred, seq: number, elapsedMs: number): void {
  for (const [each, { untilMs }] of deferred) if (untilMs <= elapsedMs) deferred.delete(each);
  const times = (deferred.get(seq)?.times ?? 0) + 1;
  if (passedOver(deferred, elapsedMs).length < MAX_DEFERRED) {
    deferred.set(seq, { times, untilMs: elapsedMs + DEFERRED_MS });
  }
}

/** The jobs that let the others pass now. */
export const passedOver = (deferred: Deferred, elapsedMs: number): readonly number[] =>
  [...deferred].flatMap(([seq, { times, untilMs }]) => (times > 1 && untilMs > elapsedMs ? [seq] : []));
