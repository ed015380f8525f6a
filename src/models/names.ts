import { WorkerError } from '../base/errors.ts';
import type { Sha256 } from '../system/disk/digest.ts';

/*
 * Names come from a studio and become paths, so they are held to one path segment each. The rules are the studio
 * contract's; what Windows would read as something else than a name is refused everywhere, so that a folder of models
 * can be moved between machines.
 */

/** Folders below the models root that hold something else than one model; a model of that name must not write there. */
const TAKEN: ReadonlySet<string> = new Set(['llm', 'stt', 'bin', 'onnxruntime']);

/** The folder of a model: its id with everything but `A-Z a-z 0-9 . _ -` replaced (studio contract, cache layout). */
export function modelFolder(model: string): string {
  const name = model.replaceAll(/[^A-Za-z0-9._-]/gu, '_').replace(/^\./, '_');
  if (name === '') return '_';
  return TAKEN.has(name.toLowerCase()) ? `${name}_` : name;
}

/** Characters that are separators, NTFS streams or wildcards somewhere, or cannot be seen. */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const NOT_IN_NAMES = /[/\\:*?"<>|\u0000-\u001F\u007F]/;
/** Windows opens a device under these names, whatever the extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** The usual limit of a file system is 255 bytes. */
const MOST_NAME_BYTES = 240;
/** What we keep beside models begins with this. */
export const OURS = '.studio-worker-';

/** Whether a name is one plain path segment. */
export const isPlainFileName = (name: string): boolean =>
  name !== '' &&
  !/^\.+$/.test(name) &&
  !NOT_IN_NAMES.test(name) &&
  !DEVICE.test(name) &&
  !/[. ]$/.test(name) &&
  !name.startsWith(OURS) &&
  new TextEncoder().encode(name).byteLength <= MOST_NAME_BYTES;

/**
 * The name itself, once it is known to stay in its folder.
 *
 * @throws WorkerError `model.filename-unsafe`
 */
export function plainFileName(name: string): string {
  if (isPlainFileName(name)) return name;
  throw new WorkerError('model.filename-unsafe', `model filename must be a plain file name: ${JSON.stringify(name)}`, {
    hint: 'Correct `filename` in the model source: a name without folders.',
  });
}

/** What we keep beside one model file. */
export interface Sidecars {
  /** What has arrived so far. */
  readonly part: string;
  /** Which of it is whole. */
  readonly progress: string;
  /** Held by the process that downloads it. */
  readonly lock: string;
  /** What we know about the finished file. */
  readonly receipt: string;
  /** `<this><pid>.lock` is held by a process that uses the file. */
  readonly use: string;
}

/**
 * The places beside a file. A hash of its name keeps them apart for files whose names differ in the extension only, and
 * within every file system's limit.
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

/** Names of files beside models, and URLs in progress files: short, and telling nothing. */
export const shortHash =
  (sha256: Sha256) =>
  (text: string): string =>
    sha256(text).toHex().slice(0, 16);
