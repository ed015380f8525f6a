import { unlessAborted } from '../../base/abort.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';

/** How long a holder whose signal aborted may take to end. After that it counts as abandoned. */
const ABORT_GRACE_MS = 5 * SECOND_MS;

/** One holder's place in the queue for a model. Disposing it lets the next holder in. */
export interface Turn extends Disposable {
  /** Settles when it is this holder's turn; undefined when it is already. Rejects with the signal's reason. */
  readonly wait: Promise<void> | undefined;
}

/** Who holds each model: one holder at a time, first come, first served. */
export class Turns {
  readonly #clock: Pick<Clock, 'after'>;
  /** The end of the last turn in each queue. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Joins the queue of this name. A holder who is aborted and does not end is not waited for longer than a grace. */
  join(name: string, signal: AbortSignal): Turn {
    const before = this.#last.get(name);
    const ended = Promise.withResolvers<void>();
    const last = before === undefined ? ended.promise : before.then(() => ended.promise);
    this.#last.set(name, last);
    void last.then(() => {
      if (this.#last.get(name) === last) this.#last.delete(name);
    });
    let disarm = (): void => {};
    const onAbort = (): void => void (disarm = this.#clock.after(ABORT_GRACE_MS, () => ended.resolve()));
    signal.addEventListener('abort', onAbort, { once: true });
    return {
      wait: before === undefined ? undefined : unlessAborted(before, signal),
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', onAbort);
        disarm();
        ended.resolve();
      },
    };
  }
}
