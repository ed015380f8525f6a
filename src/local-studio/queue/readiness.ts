/**
 * How a worker stands to offers, from its welcome on.
 *
 *   greeted ──heartbeat──▶ ready ──"not now"──▶ cooling ──heartbeat with space, or one of its jobs ends──▶ ready
 *      └────────────────────┴── its session ends ──┴──▶ gone
 *
 * The first heartbeat names the jobs of an earlier socket that the worker still works on: nothing is offered before.
 */
export type Readiness = 'greeted' | 'ready' | 'cooling' | 'gone';

/** After a heartbeat, which says whether the worker has fewer jobs than it takes. */
export const afterBeat = (readiness: Readiness, hasSpace: boolean): Readiness =>
  readiness === 'greeted' || (readiness === 'cooling' && hasSpace) ? 'ready' : readiness;

/** After an offer that the worker rejected for the moment, or did not answer. */
export const afterNotNow = (readiness: Readiness): Readiness => (readiness === 'ready' ? 'cooling' : readiness);

/** After one of the worker's jobs ended: what that frees may be just what it lacked. */
export const afterEnd = (readiness: Readiness): Readiness => (readiness === 'cooling' ? 'ready' : readiness);
