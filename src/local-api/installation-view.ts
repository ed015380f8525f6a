import type { ApiFinding, PlaceName } from './contract/installation.ts';

/** What a worker can tell of the program that it runs in, and do on the desktop of its machine. */
export interface InstallationView {
  /** Runs every check, one after the other; several callers at once share one run. */
  readonly examine: () => Promise<readonly ApiFinding[]>;
  /** @throws WorkerError `update.feed-unreadable` */
  readonly checkForUpdate: () => Promise<{
    readonly current: string;
    readonly latest: string | undefined;
    readonly heldBack: string | undefined;
  }>;
  /** Shows a folder in the machine's file manager, where there is a desktop. */
  readonly open: (place: PlaceName) => Promise<{ readonly opened: boolean; readonly folder: string }>;
}
