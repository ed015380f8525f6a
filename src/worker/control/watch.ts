import type { WorkerEvent, WorkerEvents } from '../events.ts';

/**
 * What happens in the worker from this call on, as a loop takes it. While the loop is busy with one event the others
 * wait in its subscription, which drops its oldest. The subscription ends when the signal aborts or the loop is left.
 */
export function watch(events: Pick<WorkerEvents, 'subscribe'>, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
  let next = Promise.withResolvers<WorkerEvent | undefined>();
  let taken = Promise.withResolvers<void>();
  const subscription = events.subscribe((event) => {
    next.resolve(event);
    return taken.promise; // one at a time
  });
  const end = (): void => {
    subscription[Symbol.dispose]();
    next.resolve(undefined);
  };
  signal.addEventListener('abort', end, { once: true });

  async function* take(): AsyncGenerator<WorkerEvent> {
    try {
      while (!signal.aborted) {
        const event = await next.promise;
        if (event === undefined) return;
        next = Promise.withResolvers();
        yield event;
        const { resolve } = taken;
        taken = Promise.withResolvers();
        resolve();
      }
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }
  return take();
}
