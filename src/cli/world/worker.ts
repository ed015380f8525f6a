import type { LogChoice } from '../../log/open-log.ts';
import type { WorkerStatus } from '../../worker/status.ts';

/** A word with the running worker. */
export interface WorkerControl {
  /** Undefined when no worker runs. */
  status(): Promise<WorkerStatus | undefined>;
  /** Has the running worker read its config again. False when no worker runs. */
  reload(): Promise<boolean>;
}

/** What `run` is told on its command line. */
export interface RunChoice extends LogChoice {
  readonly configPath: string | undefined;
}
