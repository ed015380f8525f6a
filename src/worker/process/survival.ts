import { errorChain } from '../../base/errors.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { WorkerEvents } from '../events.ts';

/** A worker that lives this long has come to work, whatever its studio says. */
const SURVIVED_AFTER_MS = MINUTE_MS;

/** Says of a start that was counted that it did not die; see release/update/start-count. */
export interface Survival extends Disposable {
  /** Watches a worker: a session, or a request to register, is as far as a start can come. */
  follow(events: Pick<WorkerEvents, 'subscribe'>): void;
  /** It came to work, or ended in good order. Never rejects. */
  survived(): Promise<void>;
}

/** `save` takes the start from those that count against this version; it is called once. */
export function watchStart(deps: {
  readonly save: () => Promise<unknown>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'warn'>;
}): Survival {
  const { save, clock, log } = deps;
  let done: Promise<void> | undefined;
  const saveOnce = async (): Promise<void> => {
    try {
      await save();
    } catch (thrown) {
      log.warn('update-state.not-saved', { error: errorChain(thrown) });
    }
  };
  const survived = (): Promise<void> => (done ??= saveOnce());
  const disarm = clock.after(SURVIVED_AFTER_MS, () => void survived());
  return {
    follow: (events) =>
      void events.subscribe((event) => {
        const isServing = event.is === 'session' && event.status.at === 'live';
        if (isServing || (event.is === 'registration' && event.status.at === 'pending')) void survived();
      }),
    survived,
    [Symbol.dispose]: disarm,
  };
}

/** Of a start that nobody counted. */
export const UNCOUNTED_START: Survival = {
  follow: () => {},
  survived: () => Promise.resolve(),
  [Symbol.dispose]: () => {},
};
