import type { LogChoice } from '../../log/open-log.ts';

/** Options of `run`. */
export interface RunChoice extends LogChoice {
  readonly configPath: string | undefined;
}
