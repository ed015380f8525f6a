import { WorkerError } from '../base/errors.ts';
import { foldedName, isDeviceName, isPlainFileName } from '../base/foreign/file-name.ts';
import { ENGINE_NAMES, engineFacts } from '../contract/model-source.ts';
import type { Sha256 } from '../system/disk/digest.ts';

/*
 * Names come from a studio and become paths, so each is limited to one path segment. The rules are the studio
 * contract's; see `base/foreign/file-name` for what is added to them.
 */

/** Below the models root: where the programs are that this worker runs. */
export const PROGRAMS_FOLDER = 'bin';

/** Folders below the models root that hold no models, those that the contract gives to other workers included. */
export const NOT_MODELS: ReadonlySet<string> = new Set([
  PROGRAMS_FOLDER,
  'onnxruntime',
  'torch',
  'torch-hub',
  'hf-cache',
  'wake-word',
]);

/** A model of such a name gets another folder. */
const RESERVED: ReadonlySet<string> = new Set([
  ...NOT_MODELS,
  ...ENGINE_NAMES.flatMap((engine) => engineFacts(engine).folder?.name ?? []),
]);

/**
 * The folder of a model: its id with everything but `A-Z a-z 0-9 . _ -` replaced (studio contract, cache layout), and
 * never one that Windows would take for another folder or a device.
 */
export function modelFolder(model: string): string {
  const name = model
    .replaceAll(/[^A-Za-z0-9._-]/gu, '_')
    .replace(/^\./, '_')
    .replace(/\.+$/, (dots) => '_'.repeat(dots.length));
  if (name === '') return '_';
  if (isDeviceName(name)) return `_${name}`;
  return RESERVED.has(foldedName(name)) ? `${name}_` : name;
}

/** The prefix of what we keep beside models. */
export const OWN_FILE_PREFIX = '.studio-worker-';

/** Whether a model's file may have this name: one plain path segment that is not for files of ours. */
export const isModelFileName = (name: string): boolean =>
  isPlainFileName(name) && !foldedName(name).startsWith(OWN_FILE_PREFIX);

/**
 * The name itself, if a model's file may have it.
 *
 * @throws WorkerError `model.filename-unsafe`
 */
export function plainFileName(name: string): string {
  if (isModelFileName(name)) return name;
  throw unsafeFileName(name);
}

/** What is wrong with a name that is not one plain path segment, in the studio contract's words. */
export const unsafeFileName = (name: string): WorkerError =>
  new WorkerError('model.filename-unsafe', `model filename must be a plain file name: ${JSON.stringify(name)}`, {
    hint: 'Correct `filename` in the model source: a name without folders.',
  });

/** The files that we keep beside one model file. */
export interface Sidecars {
  /** The bytes of a download so far. */
  readonly part: string;
  /** Which blocks of it are complete: a `ProgressFile`. */
  readonly progress: string;
  /** Held by the process that downloads it. */
  readonly lock: string;
  /** What we know about the finished file: a `Receipt`. */
  readonly receipt: string;
  /** `<this><pid>.lock` is held by a process that uses the file. */
  readonly use: string;
}

/**
 * The sidecars of a file. A hash of its name tells them apart where names differ in the extension only, and keeps them
 * within the name limit of every file system.
 */
export function sidecarsOf(folder: string, filename: string, hash: (text: string) => string): Sidecars {
  const stem = `${folder}/${OWN_FILE_PREFIX}${hash(filename)}`;
  return {
    part: `${stem}.part`,
    progress: `${stem}.progress.json`,
    lock: `${stem}.lock`,
    receipt: `${stem}.json`,
    use: `${stem}.use-`,
  };
}

/** For the names of sidecars and for URLs in progress files: short, and without the secrets of the text. */
export const shortHash =
  (sha256: Sha256) =>
  (text: string): string =>
    sha256(text).toHex().slice(0, 16);
