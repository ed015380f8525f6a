import type { Clock } from '../../system/clock.ts';

/** Polls that are held open until the operator decides about their request. */
export interface Decisions {
  /** Settles when the request is decided, after so long, or when another poll of the same request takes over. */
  until(requestId: string, ms: number): Promise<void>;
  /** The operator decided about this request. */
  announce(requestId: string): void;
  /** Settles every wait: nothing is held any more. */
  stop(): void;
}

/** Nobody waits yet. One poll is held for each request, so that requests bound what is kept. */
export function createDecisions(clock: Pick<Clock, 'after'>): Decisions {
  const waiting = new Map<string, () => void>();
  const settle = (requestId: string): void => waiting.get(requestId)?.();
  let isStopped = false;
  return {
    until(requestId, ms) {
      settle(requestId);
      if (isStopped) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (): void => {
        disarm();
        if (waiting.get(requestId) === end) waiting.delete(requestId);
        resolve();
      };
      const disarm = clock.after(ms, end);
      waiting.set(requestId, end);
      return promise;
    },
    announce: settle,
    stop() {
      isStopped = true;
      for (const end of waiting.values()) end();
    },
  };
}
