import type { Clock } from '../system/clock.ts';

/** What the work resolves to; undefined when it fails or takes longer. Then it goes on, and nobody waits for it. */
export function within<T>(work: Promise<T>, clock: Pick<Clock, 'after'>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    const disarm = clock.after(ms, giveUp);
    void work.then(resolve, giveUp).finally(disarm);
  });
}
