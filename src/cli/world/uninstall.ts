import type { MachineChange, UnknownChange } from '../../release/receipt.ts';
import type { Reversal } from '../../release/reverse.ts';

/** Takes the program off this machine. */
export interface Uninstaller {
  readonly receiptPath: string;
  /** What installing changed, oldest first. */
  changes(): Promise<readonly (MachineChange | UnknownChange)[]>;
  /**
   * Reverses all of it, the last change first. A purge also removes config, results, native files and downloaded models;
   * `purged` has the paths that are gone.
   */
  reverseChanges(how: { readonly purge: boolean }): Promise<{
    readonly reversals: readonly Reversal[];
    readonly purged: readonly string[];
  }>;
}
