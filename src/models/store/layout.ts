import { engineFacts, type EngineName, type ModelFile } from '../../contract/model-source.ts';
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
  const { folder } = engineFacts(engine);
  if (folder === undefined) return { candidates: [own, flat], target: own, own };
  const inFolder: FilePlace = { folder: `${root}/${folder.name}`, filename };
  if (!folder.isShared) return { candidates: [own, inFolder, flat], target: own, own };
  const sized = file.approxBytes === undefined ? flat : { ...flat, onlySizeBytes: Number(file.approxBytes) };
  return { candidates: [inFolder, sized, own], target: inFolder, own };
}

/** Where a model lies whose source names no file: the operator put a file of that name there (studio contract). */
export function localPlace(root: string, engine: EngineName, model: string): FilePlace | undefined {
  const { folder } = engineFacts(engine);
  if (folder === undefined) return undefined;
  const filename = `${model}${folder.ending}`;
  return isPlainFileName(filename) ? { folder: `${root}/${folder.name}`, filename } : undefined;
}

/**
 * Rejects a source that its engine could do nothing with, before a byte of it is fetched.
 *
 * @throws WorkerError `model.role-missing` | `model.filename-unsafe`
 */
export function checkFiles(engine: EngineName, model: string, files: readonly ModelFile[]): void {
  checkNeeded(engine, model, files);
  if (engine === 'sd-cpp') assertLoraNames(files);
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

function checkNeeded(engine: EngineName, model: string, files: readonly ModelFile[]): void {
  const { needs, folder, inMessages } = engineFacts(engine);
  // Without any file the model may be one that the operator put there.
  if (needs === undefined || (folder !== undefined && files.length === 0)) return;
  if ('ending' in needs) {
    const { ending } = needs;
    if (files.some(({ filename }) => filename.toLowerCase().endsWith(ending))) return;
    throw new WorkerError(
      'model.role-missing',
      `${inMessages} modelSource for \`${model}\` contained no ${ending} file`,
      {
        hint: `Add the ${ending} file of the model to the model source.`,
      },
    );
  }
  const { roles } = needs;
  if (files.some(({ role }) => roles.includes(role))) return;
  throw new WorkerError(
    'model.role-missing',
    `the source of model \`${model}\` has no file with the role ${roles.join(' or ')}`,
    { hint: `Add a file with the role \`${roles[0]}\` to the model source.` },
  );
}

/**
 * A LoRA is applied by a tag in the prompt, which names it.
 *
 * @throws WorkerError `model.filename-unsafe`
 */
function assertLoraNames(files: readonly ModelFile[]): void {
  const bad = files.find(({ role, filename }) => role === 'lora' && /[>:\s]/.test(filename));
  if (bad === undefined) return;
  throw new WorkerError(
    'model.filename-unsafe',
    `the LoRA file ${JSON.stringify(bad.filename)} cannot be named in a prompt: its name has a blank, ":" or ">"`,
    { hint: 'Correct `filename` in the model source.' },
  );
}
