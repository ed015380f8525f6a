/** The part of a clock that a stall timer takes. */
interface StallClock {
  elapsed(): number;
  after(ms: number, call: () => void): () => void;
}

/** Aborts when nothing has moved for a while. Its maker stops it. */
export interface StallTimer {
  /** Aborts with the reason, at most once. Never after `stop`. */
  readonly signal: AbortSignal;
  /** Progress: the limit restarts, or this one in its place until the next progress. A paused timer stays paused. */
  moved(limitMs?: number): void;
  /** What passes from here on is not counted; what is left of the limit is kept. */
  pause(): void;
  /** Counts on with what was left. Harmless when the timer runs. */
  resume(): void;
  /** Ends it for good. May be called twice. */
  stop(): void;
}

export interface StallTimerOptions {
  readonly clock: StallClock;
  /** Longest time without progress, in milliseconds. */
  readonly limitMs: number;
  /** Makes the reason of the abort from the limit that ran out. */
  readonly reason: (limitMs: number) => Error;
}

/** A stall timer that runs from now on. */
export function createStallTimer({ clock, limitMs, reason }: StallTimerOptions): StallTimer {
  const abort = new AbortController();
  let currentMs = limitMs;
  let leftMs = limitMs;
  /** When counting began; undefined while paused. */
  let sinceMs: number | undefined;
  let disarm = (): void => {};
  let isOver = false;

  const pause = (): void => {
    disarm();
    if (sinceMs !== undefined) leftMs -= clock.elapsed() - sinceMs;
    sinceMs = undefined;
  };
  const stop = (): void => {
    isOver = true;
    pause();
  };
  const resume = (): void => {
    if (isOver || sinceMs !== undefined) return;
    sinceMs = clock.elapsed();
    disarm = clock.after(leftMs, () => {
      stop();
      abort.abort(reason(currentMs));
    });
  };
  const moved = (nextMs = limitMs): void => {
    const isPaused = sinceMs === undefined;
    pause();
    currentMs = nextMs;
    leftMs = nextMs;
    if (!isPaused) resume();
  };

  resume();
  return { signal: abort.signal, moved, pause, resume, stop };
}
