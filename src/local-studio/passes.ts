import type { Clock } from '../system/clock.ts';

/** Work that is done in passes. */
export interface Passes {
  /** There is more to do now: a pass begins at once, or follows the one under way. */
  wake(): void;
  /** No pass begins from now on; one that is under way ends by itself. */
  stop(): void;
}

/**
 * Makes passes until it is stopped, one at a time: the first one now, and each next one after the milliseconds that the one
 * before it resolved to. `pass` never rejects.
 */
export function startPasses(clock: Pick<Clock, 'after'>, pass: () => Promise<number>): Passes {
  let disarm = (): void => {};
  let isUnderway = false;
  let isWoken = false;
  let isStopped = false;
  const wake = (): void => {
    isWoken = isUnderway;
    if (isUnderway || isStopped) return;
    isUnderway = true;
    disarm();
    void pass().then((inMs) => {
      isUnderway = false;
      if (isStopped) return;
      if (isWoken) wake();
      else disarm = clock.after(inMs, wake);
    });
  };
  wake();
  return {
    wake,
    stop: () => {
      isStopped = true;
      disarm();
    },
  };
}
