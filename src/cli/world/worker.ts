import type { LogChoice } from '../../log/open-log.ts';

/** What `run` is told on its command line. */
export interface RunChoice extends LogChoice {
  readonly configPath: string | undefined;
}
