import type { ModelRequest, StoredFiles } from '../../models/store/file-resolver.ts';
import type { FileHold, ModelStore } from '../../models/store/store.ts';

/**
 * Finds a model's files, marked as in use until they are disposed of. Rejects where one of them is not on this disk, and
 * with the signal's reason; fetches nothing.
 */
export const presentFilesIn =
  (store: Pick<ModelStore, 'hold'>) =>
  async ({ model, source }: ModelRequest, signal: AbortSignal): Promise<StoredFiles & AsyncDisposable> => {
    await using undo = new AsyncDisposableStack();
    const hold: FileHold = undo.use(store.hold());
    const stored = await hold.filesFor({ model, source, onlyPresent: true }, signal);
    const held = undo.move();
    return { ...stored, [Symbol.asyncDispose]: () => held.disposeAsync() };
  };
