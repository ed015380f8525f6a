/** An offer that is not answered in this time goes back to the queue (studio contract: timing constants). */
export const OFFER_ANSWER_MS = 10_000;
/** How often sessions are checked, and the time without a heartbeat after which one is stale (studio contract: timing constants). */
export const SWEEP_MS = 10_000;
export const STALE_MS = 30_000;
/** A running job whose socket is lost stays with its worker this long (studio contract: `resume`). */
export const GRACE_MS = STALE_MS;
/** How long a running job is its worker's from the last heartbeat: until the next counts as missing, and the grace after. */
export const HOLD_MS = STALE_MS + SWEEP_MS + GRACE_MS;
/** How long a job on offer is: its studio takes it back by itself unless it died. */
export const OFFER_HOLD_MS = OFFER_ANSWER_MS + SWEEP_MS;
