import type { Clock } from '../system/clock.ts';

/** Settles as the work does. @throws Error when it takes longer; the work then goes on, and nobody waits for it */
export function within<T>(work: Promise<T>, clock: Pick<Clock, 'after'>, ms: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const disarm = clock.after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    work.then(resolve, reject).finally(disarm);
  });
}
