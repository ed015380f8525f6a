/** Time as a value, so that tests own it. */
export interface Clock {
  /** Milliseconds since the epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps. For measuring how long something took. */
  elapsed(): number;
  /** Calls back once after `ms`; the returned function cancels and may be called twice. */
  after(ms: number, call: () => void): () => void;
}

/** The longest delay a timer takes (2^31-1 ms); a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** As the machine's `after`, for what is no reason to go on: a process ends before the call. */
export const afterUnreferenced: Clock['after'] = (ms, call) => {
  const timer = setTimeout(call, Math.min(Math.max(0, ms), MAX_TIMER_MS));
  timer.unref();
  return () => clearTimeout(timer);
};

/** Calls back a turn of the event loop later, when everything that has arrived by now has been handed over. */
export type NextTurn = (call: () => void) => void;

/** The runtime's own turn. */
export const nextTurn: NextTurn = (call) => void setImmediate(call);
