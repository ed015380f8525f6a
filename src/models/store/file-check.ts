import { errorChain } from '../../base/errors.ts';
import { pathOf } from './layout.ts';
import type { ModelStoreOptions } from './options.ts';
import { readFileReceipt } from './receipt.ts';
import type { FileTarget } from './target.ts';

/** Decides which files of this disk can be used, and reads the header of each only once. */
export class FileCheck {
  readonly #options: Pick<ModelStoreOptions, 'files' | 'openPart' | 'log'>;
  /** Paths whose header was valid, with size and time of the file as it was then. */
  readonly #valid = new Map<string, string>();

  constructor(options: Pick<ModelStoreOptions, 'files' | 'openPart' | 'log'>) {
    this.#options = options;
  }

  /** Whether a file is there and can be what is asked for. Its content is not hashed again: a receipt has its digest. */
  async isUsable(target: FileTarget): Promise<boolean> {
    const { files } = this.#options;
    const path = pathOf(target.place);
    const facts = await files.stat(path);
    if (!facts?.isFile) return false;
    const { onlySizeBytes } = target.place;
    if (onlySizeBytes !== undefined && onlySizeBytes !== facts.sizeBytes) return false;
    const receipt = await readFileReceipt(files, target.sidecars.receipt);
    if (receipt !== undefined && target.sha256 !== undefined && receipt.sha256 !== target.sha256) return false;
    const version = `${facts.sizeBytes} ${facts.modifiedAt}`;
    if (this.#valid.get(path) === version) return true;
    if (!(await this.#hasValidHeader(path, target.place.filename, facts.sizeBytes))) return false;
    this.#valid.set(path, version);
    return true;
  }

  async #hasValidHeader(path: string, filename: string, sizeBytes: number): Promise<boolean> {
    const { openPart, log } = this.#options;
    const { checkModelFile } = await import('../headers/check.ts');
    const file = await openPart(path, 'read');
    try {
      await checkModelFile({ sizeBytes, read: (at, length) => file.read(at, length) }, filename);
      return true;
    } catch (thrown) {
      log.warn('model.unusable', { path, error: errorChain(thrown) });
      return false;
    } finally {
      await file.close();
    }
  }
}
