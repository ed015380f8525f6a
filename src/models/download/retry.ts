import { toWorkerError, type WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { DownloadDeps } from './request.ts';

const MOST_WAIT_MS = MINUTE_MS;
/** From a second up to half a minute. */
const MOST_DOUBLINGS = 5;

/** How patient a download is: it goes on as long as retries bring something, and gives up after some that do not. */
export class Retries {
  readonly #deps: Pick<DownloadDeps, 'clock' | 'policy'>;
  readonly #signal: AbortSignal;
  #failures = 0;

  constructor(deps: Pick<DownloadDeps, 'clock' | 'policy'>, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Waits before the next try, or throws the error when there is to be none. */
  async again(error: WorkerError, broughtBytes: boolean, signal = this.#signal): Promise<void> {
    if (error.code !== 'download.failed') throw error;
    this.#failures = broughtBytes ? 1 : this.#failures + 1;
    const { policy, clock } = this.#deps;
    if (this.#failures >= policy.maxTries) throw error;
    const asked = error.fields['waitMs'];
    // A server that wants to be left alone for longer must not hold a job up meanwhile.
    if (typeof asked === 'number' && asked > MOST_WAIT_MS) throw error;
    const waitMs = broughtBytes ? 0 : policy.retryMs * 2 ** Math.min(this.#failures - 1, MOST_DOUBLINGS);
    await pause(clock, typeof asked === 'number' ? Math.max(asked, waitMs) : waitMs, signal);
    signal.throwIfAborted();
  }

  async untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (thrown) {
        if (this.#signal.aborted) throw this.#signal.reason;
        await this.again(toWorkerError(thrown), false);
      }
    }
  }
}
