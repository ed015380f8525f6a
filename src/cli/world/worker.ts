import type { LogChoice } from '../../log/open-log.ts';

/** Options of `run`. */
export interface RunChoice extends LogChoice {
  readonly configPath: string | undefined;
  /** Whether the log goes to a file beside the config instead of stderr. */
  readonly logFile: boolean;
}
