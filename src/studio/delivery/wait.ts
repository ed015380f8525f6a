import type { Clock } from '../../system/clock.ts';

/** Waits, or until the signal aborts, whichever is first. Never rejects and leaves no timer behind. */
export function wait(ms: number, clock: Pick<Clock, 'after'>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      disarm();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const disarm = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
