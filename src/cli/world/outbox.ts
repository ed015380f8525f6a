import type { KeptResults } from '../../studio/delivery/kept/kept-results.ts';

/** The results on this machine that the studio does not have, beside the worker that delivers them. */
export interface LocalOutbox extends KeptResults {
  readonly configPath: string;
  /**
   * Discards a result that waits, while no worker does: false when it is gone.
   *
   * @throws WorkerError `worker.already-running` | `folder.unusable`
   */
  discardWaiting(id: string): Promise<boolean>;
}
