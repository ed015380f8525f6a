import type { Files } from '../../system/disk/files.ts';
import {
  isModelFileName,
  modelFolder,
  NOT_MODELS,
  OWN_FILE_PREFIX,
  shortHash,
  type Sidecars,
  sidecarsOf,
} from '../names.ts';
import type { ModelStoreOptions } from './options.ts';
import { readProgress } from '../download/progress-file.ts';
import { readFileReceipt } from './receipt.ts';

/** One file below the models root. */
export interface StoredFile {
  /** Whose it is: by its receipt, else by its folder, else by its own name. */
  readonly model: string;
  readonly filename: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** `partial`: being downloaded, or abandoned; `sizeBytes` counts what is there. */
  readonly state: 'whole' | 'partial';
  /** Its digest when it was fetched; undefined for a file that the operator put there. */
  readonly sha256: string | undefined;
  readonly url: string | undefined;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** A file with its sidecars. */
export interface FoundFile extends StoredFile {
  readonly folder: string;
  readonly sidecars: Sidecars;
}

/** Folders of files that each are a model of their own. */
export const SHARED_FOLDERS: ReadonlySet<string> = new Set(['llm', 'stt']);
/** In the root, among whatever else lies there, only these are models. */
const MODEL_NAME = /\.(gguf|safetensors|onnx|ckpt|pth|pt|bin)$/i;

type InventoryOptions = Pick<ModelStoreOptions, 'root' | 'sha256'> & {
  readonly files: Pick<Files, 'list' | 'stat' | 'readText'>;
};

/** Every model file below the root, by model and name. A folder that cannot be read counts as empty. */
export async function findModels(options: InventoryOptions): Promise<readonly FoundFile[]> {
  const { root, files } = options;
  const found = await findIn(options, root, '');
  for (const name of await listOf(files, root)) {
    const folder = `${root}/${name}`;
    if (name.startsWith('.') || NOT_MODELS.has(name) || !(await files.stat(folder))?.isFolder) continue;
    found.push(...(await findIn(options, folder, name)));
  }
  return found.toSorted((a, b) => compare(a.model, b.model) || compare(a.filename, b.filename));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** A folder that cannot be read has no model that could be loaded either. */
const listOf = (files: InventoryOptions['files'], folder: string): Promise<readonly string[]> =>
  files.list(folder).catch(() => []);

async function findIn(options: InventoryOptions, folder: string, name: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const filename of await listOf(options.files, folder)) {
    const file = filename.startsWith(OWN_FILE_PREFIX)
      ? await partialAt(options, { folder, name }, filename)
      : await wholeAt(options, { folder, name }, filename);
    if (file !== undefined) found.push(file);
  }
  return found;
}

/** A folder by its path, and by its name below the root; empty for the root itself. */
interface Place {
  readonly folder: string;
  readonly name: string;
}

/** Whose a file is that nobody wrote down anything about. */
const modelOf = (folderName: string, filename: string): string =>
  folderName === '' || SHARED_FOLDERS.has(folderName) ? filename.replace(/\.[^.]+$/, '') : folderName;

async function wholeAt(
  { files, sha256 }: InventoryOptions,
  { folder, name }: Place,
  filename: string,
): Promise<FoundFile | undefined> {
  if (filename.startsWith('.') || !isModelFileName(filename)) return undefined;
  if (name === '' && !MODEL_NAME.test(filename)) return undefined;
  const path = `${folder}/${filename}`;
  const facts = await files.stat(path);
  if (!facts?.isFile) return undefined;
  const sidecars = sidecarsOf(folder, filename, shortHash(sha256));
  const receipt = await readFileReceipt(files, sidecars.receipt);
  return {
    model: receipt?.model ?? modelOf(name, filename),
    filename,
    path,
    sizeBytes: facts.sizeBytes,
    state: 'whole',
    sha256: receipt?.sha256,
    url: receipt?.url,
    usedAt: receipt?.usedAt ?? facts.modifiedAt,
    folder,
    sidecars,
  };
}

async function partialAt(
  { files, sha256 }: InventoryOptions,
  { folder, name }: Place,
  partName: string,
): Promise<FoundFile | undefined> {
  if (!partName.endsWith('.part')) return undefined;
  const path = `${folder}/${partName}`;
  const facts = await files.stat(path);
  if (!facts?.isFile) return undefined;
  const stem = path.replace(/\.part$/, '');
  const progress = await readProgress(files, `${stem}.progress.json`);
  const filename = progress?.filename ?? partName;
  const sidecars = sidecarsOf(folder, filename, shortHash(sha256));
  return {
    model: progress?.model ?? modelOf(name, filename),
    filename,
    path,
    sizeBytes: progress === undefined ? facts.sizeBytes : progress.done.length * progress.blockBytes,
    state: 'partial',
    sha256: undefined,
    url: undefined,
    usedAt: facts.modifiedAt,
    folder,
    sidecars: { ...sidecars, part: path, progress: `${stem}.progress.json`, lock: `${stem}.lock` },
  };
}

/** Whether a file belongs to what the operator calls a model: its id, or the name of its folder. */
export const belongsTo = (file: FoundFile, model: string): boolean =>
  file.model === model || file.folder.endsWith(`/${modelFolder(model)}`);
