/** Waits for `work`, but no longer than the signal allows: rejects with the signal's reason. Leaves no listener behind. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {}); // the caller gets our reason; how the abandoned work ends does not matter any more
    return Promise.reject(signal.reason as Error);
  }
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** How long work may go on after an abort, and whose time it is. */
export interface Grace {
  readonly clock: { after(ms: number, call: () => void): () => void };
  readonly graceMs: number;
}

/** Waits for `work`; once the signal has aborted, for no longer than the grace: then rejects with the signal's reason. */
export function withinGrace<T>(work: Promise<T>, signal: AbortSignal, { clock, graceMs }: Grace): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let disarm = (): void => {};
    const arm = (): void => {
      disarm = clock.after(graceMs, () => reject(signal.reason as Error));
    };
    if (signal.aborted) arm();
    else signal.addEventListener('abort', arm, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', arm);
      disarm();
    });
  });
}
