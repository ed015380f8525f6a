import type { Clock } from '../system/clock.ts';

/** Calls again and again, first after that time, until what it returns is called. */
export function every(clock: Pick<Clock, 'after'>, ms: number, call: () => void): () => void {
  let disarm = (): void => {};
  const arm = (): void => {
    disarm = clock.after(ms, () => {
      arm();
      call();
    });
  };
  arm();
  return () => disarm();
}
