import type { EngineName, FileRole, ModelFile } from '../../contract/model-source.ts';
import { WorkerError } from '../../base/errors.ts';
import { isPlainFileName, modelFolder, plainFileName } from '../names.ts';

/** Where one file of a model may lie already, and where it is fetched to otherwise. */
export interface FilePlaces {
  /** Best first; whichever holds a usable file is used as it is. */
  readonly candidates: readonly FilePlace[];
  readonly target: FilePlace;
  /** The model's own folder. */
  readonly own: FilePlace;
}

/** One file's folder and name. */
export interface FilePlace {
  readonly folder: string;
  readonly filename: string;
  /** Only a file of exactly this size counts as the one that is meant. */
  readonly onlySizeBytes?: number;
}

/** The path of a file, with `/` on every system. */
export const pathOf = ({ folder, filename }: FilePlace): string => `${folder}/${filename}`;

/**
 * Studio contract, cache layout: a folder per model, files of a flat cache used where they are, and `llm/` for language
 * models, whose flat files count only when their size is the one that is asked for.
 *
 * @throws WorkerError `model.filename-unsafe`
 */
export function placesOf(root: string, engine: EngineName, model: string, file: ModelFile): FilePlaces {
  const filename = plainFileName(file.filename);
  const own: FilePlace = { folder: `${root}/${modelFolder(model)}`, filename };
  const flat: FilePlace = { folder: root, filename };
  if (engine === 'whisper-cpp') {
    return { candidates: [own, { folder: `${root}/stt`, filename }, flat], target: own, own };
  }
  if (engine !== 'llama-cpp') return { candidates: [own, flat], target: own, own };
  const shared: FilePlace = { folder: `${root}/llm`, filename };
  const sized = file.approxBytes === undefined ? flat : { ...flat, onlySizeBytes: Number(file.approxBytes) };
  return { candidates: [shared, sized, own], target: shared, own };
}

const GGUF = /\.gguf$/i;

/** The roles of which an engine needs one, each by the names it goes by. */
const NEEDED: Readonly<Partial<Record<EngineName, readonly FileRole[]>>> = {
  'sd-cpp': ['diffusion-model', 'model'],
  onnx: ['model'],
  piper: ['model'],
  'whisper-cpp': ['model'],
};

/** Where the operator puts models for an engine, and how their files end. */
const LOCAL: Readonly<Partial<Record<EngineName, readonly [folder: string, ending: string]>>> = {
  'llama-cpp': ['llm', '.gguf'],
  'whisper-cpp': ['stt', '.bin'],
};

/** Where a model lies whose source names no file: the operator put a file of that name there (studio contract). */
export function localPlace(root: string, engine: EngineName, model: string): FilePlace | undefined {
  const [folder = '', ending = ''] = LOCAL[engine] ?? [];
  const filename = `${model}${ending}`;
  return folder !== '' && isPlainFileName(filename) ? { folder: `${root}/${folder}`, filename } : undefined;
}

/**
 * Rejects a source that its engine could do nothing with, before a byte of it is fetched.
 *
 * @throws WorkerError `model.role-missing` | `model.filename-unsafe`
 */
export function checkFiles(engine: EngineName, model: string, files: readonly ModelFile[]): void {
  // Without any file the model may be one that the operator put there.
  const needed = LOCAL[engine] !== undefined && files.length === 0 ? undefined : NEEDED[engine];
  if (needed !== undefined && !files.some(({ role }) => needed.includes(role))) {
    throw new WorkerError(
      'model.role-missing',
      `the source of model \`${model}\` has no file with the role ${needed.join(' or ')}`,
      { hint: `Add a file with the role \`${needed[0]}\` to the model source.` },
    );
  }
  if (engine === 'llama-cpp' && files.length > 0 && !files.some(({ filename }) => GGUF.test(filename))) {
    throw new WorkerError('model.role-missing', `llama modelSource for \`${model}\` contained no .gguf file`, {
      hint: 'Add the GGUF file of the model to the model source.',
    });
  }
  const urls = new Map<string, string>();
  for (const { filename, url } of files) {
    // Compared without case: two names that a file system takes for one would overwrite each other.
    const key = plainFileName(filename).toLowerCase();
    if ((urls.get(key) ?? url) !== url) {
      throw new WorkerError('model.filename-unsafe', `two files of model \`${model}\` are called "${filename}"`, {
        hint: 'Give each file of the model source a name of its own.',
      });
    }
    urls.set(key, url);
  }
}
