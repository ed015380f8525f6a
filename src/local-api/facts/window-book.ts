/** Which page is the window of the worker: the one that claimed that last. */
export interface WindowBook {
  /** Milliseconds since the epoch; undefined before the first in this run. */
  readonly openedAt: number | undefined;
  /** Another page is the window from now on. Its time is later than that of each before. */
  claim(): number;
}

export function createWindowBook(now: () => number): WindowBook {
  let openedAt: number | undefined;
  return {
    get openedAt() {
      return openedAt;
    },
    claim: () => (openedAt = Math.max(now(), (openedAt ?? 0) + 1)),
  };
}
