import { errorChain } from '../../base/errors.ts';
import { MINUTE_MS } from '../../base/units.ts';
import { VERSION } from '../../base/version.ts';
import type { Logger } from '../../log/logger.ts';
import { startSurvived } from '../../release/update/start-count.ts';
import { openUpdateMemory } from '../../release/update/state.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import { ownCommand } from '../../system/process/processes.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Effects } from '../effects.ts';

/** A worker that lives this long has come to work, whatever its studio says. */
const SURVIVED_AFTER_MS = MINUTE_MS;

/** Says of a start that was counted that it did not die; see release/update/start-count. */
export interface Survival extends Disposable {
  /** Watches a worker: a session, or a request to register, is as far as a start can come. */
  follow(events: Pick<WorkerEvents, 'subscribe'>): void;
  /** It came to work, or ended in good order. */
  survived(): Promise<void>;
}

/** In a checkout, where starts are not counted, it does nothing. */
export function watchStart(configPath: string, { files, clock }: Effects, log: Logger): Survival {
  if (ownCommand().length > 1) return NOT_COUNTED;
  const memory = openUpdateMemory({ path: siblingsOf(configPath).updateState, files, log });
  let done: Promise<void> | undefined;
  const save = async (): Promise<void> => {
    try {
      await memory.change((state) => startSurvived(state, VERSION));
    } catch (thrown) {
      log.warn('update-state.not-saved', { error: errorChain(thrown) });
    }
  };
  const survived = (): Promise<void> => (done ??= save());
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

const NOT_COUNTED: Survival = { follow: () => {}, survived: () => Promise.resolve(), [Symbol.dispose]: () => {} };
