import { errorChain } from '../base/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../base/units.ts';
import type { ApiLink } from '../local-api/client/follow-events.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';

/*
 * Starts the worker again that this process started and that crashed. One that ended in good order was meant to end, one
 * that somebody else started is theirs, and one that keeps crashing is given more and more time.
 */

export interface ReviverDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether none runs, and the last one left what only a crash leaves. */
  readonly hasCrashed: () => Promise<boolean>;
  readonly start: () => Promise<unknown>;
}

export interface Reviver extends Disposable {
  /** This process started the worker that runs now. */
  adopt(): void;
  onLink(link: ApiLink['is']): void;
}

const FIRST_WAIT_MS = 30 * SECOND_MS;
const MAX_WAIT_MS = 15 * MINUTE_MS;
/** One that ran for so long starts over with the first wait. */
const HEALTHY_MS = 15 * MINUTE_MS;

/** How long to wait before the next start, after so many in a row. */
export const reviveAfterMs = (starts: number): number => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** starts);

export const createReviver = (deps: ReviverDeps): Reviver => new WorkerReviver(deps);

class WorkerReviver implements Reviver {
  readonly #deps: ReviverDeps;
  #isOurs = false;
  #starts = 0;
  #liveSince: number | undefined;
  #disarm: (() => void) | undefined;

  constructor(deps: ReviverDeps) {
    this.#deps = deps;
  }

  adopt(): void {
    this.#isOurs = true;
  }

  onLink(link: ApiLink['is']): void {
    if (link === 'live') {
      this.#liveSince ??= this.#deps.clock.now();
      return this[Symbol.dispose]();
    }
    if (this.#liveSince !== undefined && this.#deps.clock.now() - this.#liveSince >= HEALTHY_MS) this.#starts = 0;
    this.#liveSince = undefined;
    if (this.#isOurs) this.#disarm ??= this.#deps.clock.after(reviveAfterMs(this.#starts), () => void this.#revive());
  }

  [Symbol.dispose](): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }

  async #revive(): Promise<void> {
    const { log, hasCrashed, start } = this.#deps;
    try {
      if (!(await hasCrashed())) return void (this.#isOurs = false);
      this.#starts += 1;
      log.warn('tray.worker-revived', { starts: this.#starts });
      await start();
    } catch (thrown) {
      log.warn('tray.no-worker', { error: errorChain(thrown) });
    } finally {
      this.#disarm = undefined;
    }
  }
}
