import { errorChain, WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import type { CliDefaults, FileRole, ModelFile, ModelSource } from '../../contract/model-source.ts';
import { collect, type Collected, notFound, removeModel } from './gc.ts';
import { digestOf, type FileContext, fetchAlone, isSound, type Target } from './fetch-file.ts';
import { SingleFlight } from './single-flight.ts';
import { belongsTo, findModels, type StoredFile } from './inventory.ts';
import { checkFiles, localPlace, pathOf, type FilePlace, placesOf } from './layout.ts';
import { sidecarsOf, shortHash } from '../names.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { readReceipt, writeReceipt } from './receipt.ts';
import { createInUse, type InUse } from './in-use.ts';
import { type VerifyResult, verifyFile } from './verify.ts';

/** A model source as verified paths on this disk. */
export interface StoredFiles {
  readonly model: ModelId;
  /** First file of each role. */
  readonly paths: ReadonlyMap<FileRole, string>;
  readonly defaults: CliDefaults;
}

/** Files in somebody's hands: until it is disposed of, they are not collected. */
export interface Lease extends AsyncDisposable {
  /**
   * Puts a model's files on this disk, fetching what is missing, and marks them as in use.
   *
   * @throws WorkerError any `model.*`, `download.*`, `url.refused` or `disk.full`; the signal's reason on abort
   */
  filesFor(wanted: ModelRequest, signal: AbortSignal): Promise<StoredFiles>;
}

export interface ModelRequest {
  readonly model: ModelId;
  readonly source: ModelSource;
  /** Nothing is fetched: what is not on this disk is missing. */
  readonly onlyPresent?: boolean;
  readonly onProgress?: (progress: FileProgress) => void;
}

/** The models of this machine. */
export interface ModelStore {
  lease(): Lease;
  /** Every file there is, partial ones too. */
  list(): Promise<readonly StoredFile[]>;
  /**
   * Files of one model.
   *
   * @throws WorkerError `model.not-found`
   */
  show(model: string): Promise<readonly StoredFile[]>;
  /** Reads a file whole and holds it against what it was when it was fetched. */
  verify(file: StoredFile, report: (progress: FileProgress) => void): Promise<VerifyResult>;
  /** @throws WorkerError `model.not-found` | `model.in-use` */
  remove(model: string): Promise<readonly StoredFile[]>;
  /** Removes abandoned downloads, and what was used least recently as long as there is more than the budget. */
  collect(budget: { readonly maxBytes: number | undefined; readonly dryRun?: boolean }): Promise<Collected>;
}

/** Nothing is read or written before something is asked for. */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const context = {
    options,
    singleFlight: new SingleFlight(),
    uses: createInUse(options),
    sound: new Map<string, string>(),
  };
  return {
    lease() {
      const held: (() => Promise<void>)[] = [];
      return {
        async filesFor(wanted, signal) {
          const onlyPresent = wanted.onlyPresent ?? false;
          const call: Call = { ...context, signal, held, onlyPresent, fetched: false };
          const stored = await filesFor(wanted, call);
          if (call.fetched) await keepWithin(options, context.uses);
          return stored;
        },
        async [Symbol.asyncDispose]() {
          await Promise.allSettled(held.splice(0).map((release) => release()));
        },
      };
    },
    list: () => findModels(options),
    async show(model) {
      const files = (await findModels(options)).filter((file) => belongsTo(file, model));
      if (files.length === 0) throw notFound(model);
      return files;
    },
    verify: (file, report) => verifyFile(options, file, report),
    remove: (model) => removeModel(options, context.uses, model),
    collect: (budget) => collect(options, context.uses, budget),
  };
}

/** Makes room after a download. A disk that cannot be tidied keeps no job from running. */
async function keepWithin(options: ModelStoreOptions, uses: InUse): Promise<void> {
  const maxBytes = options.maxBytes();
  if (maxBytes === undefined) return;
  try {
    await collect(options, uses, { maxBytes });
  } catch (thrown) {
    options.log.warn('models.not-collected', { error: errorChain(thrown) });
  }
}

interface Call extends FileContext {
  readonly singleFlight: SingleFlight;
  readonly uses: InUse;
  readonly signal: AbortSignal;
  readonly held: (() => Promise<void>)[];
  readonly onlyPresent: boolean;
  /** Whether a file was not there before. */
  fetched: boolean;
}

async function filesFor({ model, source, onProgress }: ModelRequest, call: Call): Promise<StoredFiles> {
  checkFiles(source.engine, model, source.files);
  const paths = new Map<FileRole, string>();
  const local = source.files.length === 0 ? localPlace(call.options.root, source.engine, model) : undefined;
  if (local !== undefined) {
    const path = await localFile(local, model, call, onProgress ?? (() => {}));
    if (path !== undefined) paths.set('model', path);
  }
  for (const file of source.files) {
    const places = placesOf(call.options.root, source.engine, model, file);
    const path = await fileFor({ model, file, places }, call, onProgress ?? (() => {}));
    if (!paths.has(file.role)) paths.set(file.role, path);
  }
  return { model, paths, defaults: source.cliDefaults };
}

async function localFile(
  place: FilePlace,
  model: ModelId,
  call: Call,
  report: (progress: FileProgress) => void,
): Promise<string | undefined> {
  const file: ModelFile = {
    role: 'model',
    url: '',
    filename: place.filename,
    approxBytes: undefined,
    sha256: undefined,
  };
  const target = targetOf(place, { file, model, sha256: undefined }, call.options);
  return (await isSound(target, call)) ? await take(target, call, report) : undefined;
}

async function fileFor(
  wanted: { readonly model: ModelId; readonly file: ModelFile; readonly places: ReturnType<typeof placesOf> },
  call: Call,
  report: (progress: FileProgress) => void,
): Promise<string> {
  const { model, file, places } = wanted;
  const sha256 = digestOf(file);
  const targets = places.candidates.map((place): Target => targetOf(place, { file, model, sha256 }, call.options));
  for (const target of targets) {
    const path = (await isSound(target, call)) ? await take(target, call, report) : undefined;
    if (path !== undefined) return path;
  }
  if (call.onlyPresent) throw notFound(model);
  const target = await freeTarget(targets, places, call);
  const path = pathOf(target.place);
  const start = (signal: AbortSignal, tell: (progress: FileProgress) => void): Promise<string> =>
    fetchAlone(target, { ...call, signal }, tell);
  call.fetched = true;
  for (;;) {
    await call.singleFlight.join(path, start, { signal: call.signal, report });
    const taken = await take(target, call, report);
    if (taken !== undefined) return taken;
  }
}

/** The contract's place, unless another model's file of the same name lies there: then the model's own folder. */
async function freeTarget(
  targets: readonly Target[],
  places: ReturnType<typeof placesOf>,
  call: Call,
): Promise<Target> {
  const [first, ...others] = targets.filter(({ place }) => place === places.target || place === places.own);
  if (first === undefined) throw new WorkerError('internal', 'a model file has no place to go');
  const receipt = await readReceipt(call.options.files, first.sidecars.receipt);
  return receipt === undefined || receipt.model === first.model ? first : (others[0] ?? first);
}

function targetOf(
  place: FilePlace,
  about: Pick<Target, 'file' | 'model' | 'sha256'>,
  options: ModelStoreOptions,
): Target {
  return { place, sidecars: sidecarsOf(place.folder, place.filename, shortHash(options.sha256)), ...about };
}

/** Marks the file as in use, now. Undefined when it was collected in this very moment. */
async function take(target: Target, call: Call, report: (progress: FileProgress) => void): Promise<string | undefined> {
  const { files, clock } = call.options;
  const path = pathOf(target.place);
  // Models on a disk that we may not write to are nobody's to collect either.
  const release = await call.uses.hold(target.sidecars.use).catch(() => async (): Promise<void> => {});
  const facts = await files.stat(path);
  if (facts === undefined) {
    await release();
    return undefined;
  }
  call.held.push(release);
  const receipt = await readReceipt(files, target.sidecars.receipt);
  if (receipt !== undefined) {
    await writeReceipt(files, target.sidecars.receipt, { ...receipt, usedAt: clock.now() }).catch(() => {
      // Not written, it only counts as used less recently than it was.
    });
  }
  report({
    filename: target.place.filename,
    phase: 'ready',
    doneBytes: facts.sizeBytes,
    totalBytes: facts.sizeBytes,
  });
  return path;
}
