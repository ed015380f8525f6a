import { SECOND_MS } from '../base/units.ts';

/*
 * Whose turn it is when a slot is free. Jobs of the studio do not queue here: it offers the next one once it sees that the
 * worker is free. Whoever lets it go first therefore leaves the slot free for a moment, in which an offer may come.
 *
 *   first   local requests are next in line, and the studio has what they leave
 *   fair    in turns: after a local request the studio may offer before the next one
 *   last    after every job the studio may offer before a local request
 */

/** Who asks: an offer of the studio, a request on this machine, or the worker itself, to change what runs. */
export type Origin = 'studio' | 'local' | 'maintenance';

/** When requests of this machine are served beside jobs of the studio. */
export type LocalPriority = 'first' | 'fair' | 'last';

/** What a turn is decided by. */
export interface TurnFacts {
  readonly priority: LocalPriority;
  /** Who had the slot last; undefined while nobody had. */
  readonly lastOrigin: Origin | undefined;
  /** Since then. */
  readonly freeForMs: number;
}

/** A heartbeat that says that the worker is free, and the offer that answers it, over a slow connection. */
const OFFER_WITHIN_MS = SECOND_MS;

/** For how long local requests still leave a free slot to the studio. */
export function gapLeftMs({ priority, lastOrigin, freeForMs }: TurnFacts): number {
  const isStudiosTurn = priority === 'last' ? lastOrigin !== undefined : priority === 'fair' && lastOrigin === 'local';
  return isStudiosTurn ? Math.max(0, OFFER_WITHIN_MS - freeForMs) : 0;
}

/** Who gets a free slot of those that may have it now, the longest waiting first; undefined where nobody may. */
export function chooseTurn<Waiting extends { readonly origin: Origin }>(
  waiting: readonly Waiting[],
  { priority, lastOrigin }: Pick<TurnFacts, 'priority' | 'lastOrigin'>,
): Waiting | undefined {
  const isLocalsTurn = priority === 'first' || (priority === 'fair' && lastOrigin !== 'local');
  const local = waiting.find(({ origin }) => origin === 'local');
  const studio = waiting.find(({ origin }) => origin === 'studio');
  return isLocalsTurn ? (local ?? studio) : (studio ?? local);
}
