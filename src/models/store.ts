import { WorkerError } from '../base/errors.ts';
import type { ModelId } from '../base/ids.ts';
import type { CliDefaults, FileRole, ModelFile, ModelSource } from '../contract/model-source.ts';
import { digestOf, type FileContext, fetchAlone, isSound, type Target } from './fetch-file.ts';
import { Flights } from './flights.ts';
import { checkFiles, pathOf, type Place, placesOf } from './layout.ts';
import { besideOf, shortHash } from './names.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { readReceipt, writeReceipt } from './receipt.ts';
import { createUses, type Uses } from './uses.ts';

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
  filesFor(wanted: WantedModel, signal: AbortSignal): Promise<StoredFiles>;
}

export interface WantedModel {
  readonly model: ModelId;
  readonly source: ModelSource;
  readonly onProgress?: (progress: FileProgress) => void;
}

export interface ModelStore {
  lease(): Lease;
}

/** The models of this machine. Nothing is read or written before something is asked for. */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const context = { options, flights: new Flights(), uses: createUses(options), sound: new Map<string, string>() };
  return {
    lease() {
      const held: (() => Promise<void>)[] = [];
      return {
        filesFor: (wanted, signal) => filesFor(wanted, { ...context, signal, held }),
        async [Symbol.asyncDispose]() {
          await Promise.allSettled(held.splice(0).map((release) => release()));
        },
      };
    },
  };
}

interface Call extends FileContext {
  readonly flights: Flights;
  readonly uses: Uses;
  readonly signal: AbortSignal;
  readonly held: (() => Promise<void>)[];
}

async function filesFor({ model, source, onProgress }: WantedModel, call: Call): Promise<StoredFiles> {
  checkFiles(source.engine, model, source.files);
  const paths = new Map<FileRole, string>();
  for (const file of source.files) {
    const places = placesOf(call.options.root, source.engine, model, file);
    const path = await fileFor({ model, file, places }, call, onProgress ?? (() => {}));
    if (!paths.has(file.role)) paths.set(file.role, path);
  }
  return { model, paths, defaults: source.cliDefaults };
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
  const target = await freeTarget(targets, places, call);
  const path = pathOf(target.place);
  const start = (signal: AbortSignal, tell: (progress: FileProgress) => void): Promise<string> =>
    fetchAlone(target, { ...call, signal }, tell);
  for (;;) {
    await call.flights.join(path, start, { signal: call.signal, report });
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
  const receipt = await readReceipt(call.options.files, first.beside.receipt);
  return receipt === undefined || receipt.model === first.model ? first : (others[0] ?? first);
}

function targetOf(place: Place, about: Pick<Target, 'file' | 'model' | 'sha256'>, options: ModelStoreOptions): Target {
  return { place, beside: besideOf(place.folder, place.filename, shortHash(options.sha256)), ...about };
}

/** Marks the file as in use, now. Undefined when it was collected in this very moment. */
async function take(target: Target, call: Call, report: (progress: FileProgress) => void): Promise<string | undefined> {
  const { files, clock } = call.options;
  const path = pathOf(target.place);
  // Models on a disk that we may not write to are nobody's to collect either.
  const release = await call.uses.hold(target.beside.use).catch(() => async (): Promise<void> => {});
  const facts = await files.stat(path);
  if (facts === undefined) {
    await release();
    return undefined;
  }
  call.held.push(release);
  const receipt = await readReceipt(files, target.beside.receipt);
  if (receipt !== undefined) {
    await writeReceipt(files, target.beside.receipt, { ...receipt, usedAt: clock.now() }).catch(() => {
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
