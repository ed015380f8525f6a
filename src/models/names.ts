import { WorkerError } from '../base/errors.ts';
import { ENGINE_NAMES, engineFacts } from '../contract/model-source.ts';
import type { Sha256 } from '../system/disk/digest.ts';

/*
 * Names come from a studio and become paths, so each is limited to one path segment. The rules are the studio
 * contract's; what Windows would not read as a plain name is rejected everywhere, so that a folder of models can be moved
 * between machines.
 */

/** Folders below the models root that hold something else than one model: a model of that name gets another folder. */
const RESERVED: ReadonlySet<string> = new Set([
  ...ENGINE_NAMES.flatMap((engine) => engineFacts(engine).folder?.name ?? []),
  'bin',
  'onnxruntime',
]);

/** The folder of a model: its id with everything but `A-Z a-z 0-9 . _ -` replaced (studio contract, cache layout). */
export function modelFolder(model: string): string {
  const name = model.replaceAll(/[^A-Za-z0-9._-]/gu, '_').replace(/^\./, '_');
  if (name === '') return '_';
  return RESERVED.has(name.toLowerCase()) ? `${name}_` : name;
}

/** Characters that are separators, NTFS streams or wildcards somewhere, or cannot be seen. */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const NOT_IN_NAMES = /[/\\:*?"<>|\u0000-\u001F\u007F]/;
/** Windows opens a device under these names, whatever the extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** The usual limit of a file system is 255 bytes. */
const MAX_NAME_BYTES = 240;
/** The prefix of what we keep beside models. */
export const OURS = '.studio-worker-';

/** Whether a name is one plain path segment. */
export const isPlainFileName = (name: string): boolean =>
  name !== '' &&
  !/^\.+$/.test(name) &&
  !NOT_IN_NAMES.test(name) &&
  !DEVICE.test(name) &&
  !/[. ]$/.test(name) &&
  !name.startsWith(OURS) &&
  new TextEncoder().encode(name).byteLength <= MAX_NAME_BYTES;

/**
 * The name itself, if it stays in its folder.
 *
 * @throws WorkerError `model.filename-unsafe`
 */
export function plainFileName(name: string): string {
  if (isPlainFileName(name)) return name;
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
  const stem = `${folder}/${OURS}${hash(filename)}`;
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
