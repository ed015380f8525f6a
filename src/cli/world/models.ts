import type { ModelRequest } from '../../models/store/file-resolver.ts';
import type { ModelStore } from '../../models/store/store.ts';

/** Models on disk, for the commands that manage them. */
export interface LocalModels {
  readonly root: string;
  /** What they may take together, by the config; undefined where it sets no bound. */
  readonly maxBytes: number | undefined;
  readonly store: ModelStore;
  /**
   * Reads `{id, source}`, or a bare model source whose id is given.
   *
   * @throws WorkerError `cli.usage` naming what is wrong with it
   */
  readDraft(
    value: Readonly<Record<string, unknown>>,
    named: { readonly path: string; readonly id: string | undefined },
  ): ModelRequest;
}
