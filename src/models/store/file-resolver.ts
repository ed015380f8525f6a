import { WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import type { CliDefaults, FileRole, ModelFile, ModelSource } from '../../contract/model-source.ts';
import type { FileCheck } from './file-check.ts';
import { notFound } from './gc.ts';
import type { InUse } from './in-use.ts';
import { type FilePlaces, localPlace, pathOf, placesOf } from './layout.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { readFileReceipt, writeFileReceipt } from './receipt.ts';
import type { SharedDownloads } from './shared-download.ts';
import { sourceProblem } from './source-check.ts';
import { digestOf, type FileTarget, targetAt } from './target.ts';

/** A model source as verified paths on this disk. */
export interface StoredFiles {
  readonly model: ModelId;
  /** First file of each role. */
  readonly paths: ReadonlyMap<FileRole, string>;
  /** Every file of the role `lora`, in the order of the source. */
  readonly loras: readonly string[];
  readonly defaults: CliDefaults;
  /**
   * Marks all files of the model as in use once more, so that they may outlive the hold that they came from. Nothing is
   * looked up again, so it has to be called before that hold ends. Never rejects.
   */
  hold(): Promise<AsyncDisposable>;
}

/** A model that is needed on this disk. */
export interface ModelRequest {
  readonly model: ModelId;
  readonly source: ModelSource;
  /** Nothing is fetched: what is not on this disk is missing. */
  readonly onlyPresent?: boolean;
  readonly onProgress?: (progress: FileProgress) => void;
}

/** What all holds of a store share. */
export interface StoreContext {
  readonly options: ModelStoreOptions;
  readonly downloads: SharedDownloads;
  readonly inUse: InUse;
  readonly check: FileCheck;
}

/** Undoes a mark. */
type Release = () => Promise<void>;

/** Turns one model request into paths: finds or fetches its files, and marks each as in use. */
export class FileResolver {
  /** Whether a file was not there before. */
  hasFetched = false;
  readonly #context: StoreContext;
  readonly #request: ModelRequest;
  readonly #signal: AbortSignal;
  readonly #onMarked: (release: Release) => void;
  readonly #targets: FileTarget[] = [];

  /** Each mark is handed to `onMarked` as it is made, so that none is lost when the request fails half-way. */
  constructor(
    context: StoreContext,
    call: {
      readonly request: ModelRequest;
      readonly signal: AbortSignal;
      readonly onMarked: (release: Release) => void;
    },
  ) {
    this.#context = context;
    this.#request = call.request;
    this.#signal = call.signal;
    this.#onMarked = call.onMarked;
  }

  /** @throws WorkerError any `model.*`, `download.*`, `url.refused` or `disk.full`; the signal's reason on abort */
  async resolve(): Promise<StoredFiles> {
    const { model, source } = this.#request;
    const { root } = this.#context.options;
    const problem = sourceProblem(model, source);
    if (problem !== undefined) throw problem;
    const paths = new Map<FileRole, string>();
    const loras: string[] = [];
    if (source.files.length === 0) {
      const path = await this.#localFile();
      if (path !== undefined) paths.set('model', path);
    }
    for (const file of source.files) {
      const path = await this.#fileAt(file, placesOf(root, source.engine, model, file));
      if (!paths.has(file.role)) paths.set(file.role, path);
      if (file.role === 'lora') loras.push(path);
    }
    return { model, paths, loras, defaults: source.cliDefaults, hold: () => this.#hold() };
  }

  async #hold(): Promise<AsyncDisposable> {
    const releases = await Promise.all(this.#targets.map((target) => this.#mark(target)));
    return {
      [Symbol.asyncDispose]: async () => {
        await Promise.allSettled(releases.splice(0).map((release) => release()));
      },
    };
  }

  /** The file that the operator put where a model lies whose source names none; undefined when there is none. */
  async #localFile(): Promise<string | undefined> {
    const { model, source } = this.#request;
    const place = localPlace(this.#context.options.root, source.engine, model);
    if (place === undefined) return undefined;
    const { filename } = place;
    const file: ModelFile = { role: 'model', url: '', filename, approxBytes: undefined, sha256: undefined };
    const target = targetAt(place, { file, model, sha256: undefined }, this.#context.options);
    return (await this.#context.check.isUsable(target)) ? await this.#use(target) : undefined;
  }

  async #fileAt(file: ModelFile, places: FilePlaces): Promise<string> {
    const { options, check, downloads } = this.#context;
    const { model, onlyPresent = false, onProgress = () => {} } = this.#request;
    const about = { file, model, sha256: digestOf(file) };
    const targets = places.candidates.map((place) => targetAt(place, about, options));
    for (const target of targets) {
      const path = (await check.isUsable(target)) ? await this.#use(target) : undefined;
      if (path !== undefined) return path;
    }
    if (onlyPresent) throw notFound(model);
    const target = await this.#freeTarget(targets, places);
    const start = async (signal: AbortSignal, report: (progress: FileProgress) => void): Promise<string> => {
      const { fetchExclusively } = await import('./fetch-file.ts'); // a worker may never fetch a file
      return await fetchExclusively(target, { options, check, signal, report });
    };
    this.hasFetched = true;
    for (;;) {
      await downloads.join(pathOf(target.place), start, { signal: this.#signal, report: onProgress });
      const path = await this.#use(target);
      if (path !== undefined) return path;
    }
  }

  /** The contract's place, unless another model's file of the same name lies there: then the model's own folder. */
  async #freeTarget(targets: readonly FileTarget[], places: FilePlaces): Promise<FileTarget> {
    const [first, ...others] = targets.filter(({ place }) => place === places.target || place === places.own);
    if (first === undefined) throw new WorkerError('internal', 'a model file has no place to go');
    const receipt = await readFileReceipt(this.#context.options.files, first.sidecars.receipt);
    return receipt === undefined || receipt.model === first.model ? first : (others[0] ?? first);
  }

  /** Marks the file as in use, now. Undefined when garbage collection removed it in this very moment. */
  async #use(target: FileTarget): Promise<string | undefined> {
    const { files, clock } = this.#context.options;
    const path = pathOf(target.place);
    const release = await this.#mark(target);
    const facts = await files.stat(path);
    if (facts === undefined) {
      await release();
      return undefined;
    }
    this.#onMarked(release);
    this.#targets.push(target);
    const receipt = await readFileReceipt(files, target.sidecars.receipt);
    if (receipt !== undefined) {
      await writeFileReceipt(files, target.sidecars.receipt, { ...receipt, usedAt: clock.now() }).catch(() => {
        // Not written, it only counts as used less recently than it was.
      });
    }
    const { sizeBytes } = facts;
    const { filename } = target.place;
    this.#request.onProgress?.({ filename, phase: 'ready', doneBytes: sizeBytes, totalBytes: sizeBytes });
    return path;
  }

  /** Models on a disk that we may not write to cannot be marked, nor collected. */
  async #mark({ sidecars }: FileTarget): Promise<Release> {
    return await this.#context.inUse.mark(sidecars.use).catch(() => async (): Promise<void> => {});
  }
}
