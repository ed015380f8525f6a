import { errorChain } from '../../base/errors.ts';
import { FileCheck } from './file-check.ts';
import { collect, type Collected, notFound, removeModel, sweepLocks } from './gc.ts';
import { createInUse } from './in-use.ts';
import { belongsTo, findModels, type StoredFile } from './inventory.ts';
import { FileResolver, type ModelRequest, type StoreContext, type StoredFiles } from './file-resolver.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { SharedDownloads } from './shared-download.ts';
import type { VerifyResult } from './verify.ts';

/** The right to use files: until it is disposed of, they are not collected. */
export interface FileHold extends AsyncDisposable {
  /**
   * Puts a model's files on this disk, fetching what is missing, and marks them as in use.
   *
   * @throws WorkerError any `model.*`, `download.*`, `url.refused` or `disk.full`; the signal's reason on abort
   */
  filesFor(request: ModelRequest, signal: AbortSignal): Promise<StoredFiles>;
}

/** The models of this machine. */
export interface ModelStore {
  hold(): FileHold;
  /** Every file there is, partial ones too. */
  list(): Promise<readonly StoredFile[]>;
  /**
   * Files of one model.
   *
   * @throws WorkerError `model.not-found`
   */
  show(model: string): Promise<readonly StoredFile[]>;
  /** Reads a whole file and compares it with the checksum of its receipt. */
  verify(file: StoredFile, report: (progress: FileProgress) => void): Promise<VerifyResult>;
  /** @throws WorkerError `model.not-found` | `model.in-use` */
  remove(model: string): Promise<readonly StoredFile[]>;
  /** Removes abandoned downloads, and the least recently used files for as long as all take more than the budget. */
  collect(budget: { readonly maxBytes: number | undefined; readonly dryRun?: boolean }): Promise<Collected>;
}

/** Nothing is read or written before something is asked for. */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const inUse = createInUse(options);
  const context = { options, downloads: new SharedDownloads(), inUse, check: new FileCheck(options) };
  return {
    hold: () => createHold(context),
    list: () => findModels(options),
    async show(model) {
      const files = (await findModels(options)).filter((file) => belongsTo(file, model));
      if (files.length === 0) throw notFound(model);
      return files;
    },
    verify: async (file, report) => (await import('./verify.ts')).verifyFile(options, file, report),
    remove: (model) => removeModel(options, inUse, model),
    collect: (budget) => collect(options, inUse, budget),
  };
}

function createHold(context: StoreContext): FileHold {
  const releases: (() => Promise<void>)[] = [];
  let isOver = false;
  const onMarked = (release: () => Promise<void>): void => {
    if (!isOver) releases.push(release);
    else void release().catch(() => {}); // the request outlived its hold
  };
  return {
    async filesFor(request, signal) {
      const resolver = new FileResolver(context, { request, signal, onMarked });
      const stored = await resolver.resolve();
      if (resolver.hasFetched) await collectGarbage(context);
      return stored;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.allSettled(releases.splice(0).map((release) => release()));
    },
  };
}

/** Brings the models back within their budget after a download. A failure is logged and keeps no job from running. */
async function collectGarbage({ options, inUse }: StoreContext): Promise<void> {
  const maxBytes = options.maxBytes();
  try {
    await (maxBytes === undefined ? sweepLocks(options) : collect(options, inUse, { maxBytes }));
  } catch (thrown) {
    options.log.warn('models.not-collected', { error: errorChain(thrown) });
  }
}
