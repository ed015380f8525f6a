/** Waits for `work`, but no longer than the signal allows: rejects with the signal's reason. Leaves no listener behind. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {}); // the caller gets our reason; how the abandoned work ends does not matter
    return Promise.reject(signal.reason as Error);
  }
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    settle(work, { resolve, reject, before: () => signal.removeEventListener('abort', stop) });
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
    const before = (): void => {
      signal.removeEventListener('abort', arm);
      disarm();
    };
    settle(work, { resolve, reject, before });
  });
}

interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  /** Cleans up. */
  readonly before: () => void;
}

/** Passes on how work ends. Each job passes here several times: a `finally` would make three promises of one. */
function settle<T>(work: Promise<T>, { resolve, reject, before }: Settling<T>): void {
  void work.then(
    (value) => {
      before();
      resolve(value);
    },
    (thrown: unknown) => {
      before();
      reject(thrown);
    },
  );
}
