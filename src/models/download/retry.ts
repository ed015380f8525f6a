import { toWorkerError, type WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { DownloadDeps } from './request.ts';

const MAX_WAIT_MS = MINUTE_MS;
/** From a second up to half a minute. */
const MAX_DOUBLINGS = 5;

/**
 * The retries of one download: unlimited as long as attempts make progress, few in a row that make none, and few starts
 * from nothing in all, since those undo the progress that was made.
 */
export class Retries {
  readonly #deps: Pick<DownloadDeps, 'clock' | 'policy'>;
  readonly #signal: AbortSignal;
  #failures = 0;
  #restarts = 0;

  constructor(deps: Pick<DownloadDeps, 'clock' | 'policy'>, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Waits before the next attempt, or throws the error when there is to be none. */
  async waitAfter(
    error: WorkerError,
    { hasProgressed }: { readonly hasProgressed: boolean },
    signal = this.#signal,
  ): Promise<void> {
    if (error.code !== 'download.failed') throw error;
    this.#failures = hasProgressed ? 1 : this.#failures + 1;
    const { policy, clock } = this.#deps;
    if (this.#failures >= policy.maxTries) throw error;
    const requestedMs = error.fields['waitMs'];
    // A server that asks for a longer pause must not hold a job up meanwhile.
    if (typeof requestedMs === 'number' && requestedMs > MAX_WAIT_MS) throw error;
    const backoffMs = hasProgressed ? 0 : policy.retryMs * 2 ** Math.min(this.#failures - 1, MAX_DOUBLINGS);
    await pause(clock, typeof requestedMs === 'number' ? Math.max(requestedMs, backoffMs) : backoffMs, signal);
    signal.throwIfAborted();
  }

  /** Waits before the download starts from nothing, or throws the error when it did so often enough. */
  async waitBeforeRestart(error: WorkerError): Promise<void> {
    this.#restarts += 1;
    this.#failures = Math.max(this.#failures, this.#restarts - 1);
    await this.waitAfter(error, { hasProgressed: false });
  }

  async untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (thrown) {
        if (this.#signal.aborted) throw this.#signal.reason;
        await this.waitAfter(toWorkerError(thrown), { hasProgressed: false });
      }
    }
  }
}
