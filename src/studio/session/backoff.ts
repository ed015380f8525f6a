/** Studio contract, timing constants: 1 s, doubled for each failure in a row, 30 s at most. */
const FIRST_MS = 1_000;
const MAX_MS = 30_000;
/** Share of a wait that jitter may add, so that a fleet does not come back in one instant after an outage. */
const JITTER = 0.25;

/** The wait before the next attempt after `failures` failures in a row, without jitter. */
export function backoffMs(failures: number): number {
  // Anything but a count, NaN included, waits like the first failure.
  const doublings = failures >= 1 ? failures - 1 : 0;
  return Math.min(MAX_MS, FIRST_MS * 2 ** doublings);
}

/** A wait with up to a quarter more; `unit` is a random number in [0, 1). */
export function jittered(ms: number, unit: number): number {
  const share = unit >= 0 && unit <= 1 ? unit : 0;
  return Math.round(ms * (1 + JITTER * share));
}
