/** The part of a clock that waiting takes. */
interface PauseClock {
  after(ms: number, call: () => void): () => void;
}

/** Waits `ms`, or until the signal aborts, whichever is first. Never rejects and leaves no timer behind. */
export function pause(clock: PauseClock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
