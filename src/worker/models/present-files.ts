import type { ModelRequest, StoredFiles } from '../../models/store/file-resolver.ts';
import type { FileLease, ModelStore } from '../../models/store/store.ts';

/**
 * Finds a model's files, marked as in use until they are disposed of. Rejects where one of them is not on this disk, and
 * with the signal's reason; fetches nothing.
 */
export const presentFilesIn =
  (store: Pick<ModelStore, 'lease'>) =>
  async ({ model, source }: ModelRequest, signal: AbortSignal): Promise<StoredFiles & AsyncDisposable> => {
    await using undo = new AsyncDisposableStack();
    const lease: FileLease = undo.use(store.lease());
    const stored = await lease.filesFor({ model, source, onlyPresent: true }, signal);
    const held = undo.move();
    return { ...stored, [Symbol.asyncDispose]: () => held.disposeAsync() };
  };
