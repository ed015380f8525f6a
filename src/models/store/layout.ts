import { engineFacts, type EngineName, type ModelFile } from '../../contract/model-source.ts';
import { isModelFileName, modelFolder, plainFileName } from '../names.ts';

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
  return isModelFileName(filename) ? { folder: `${root}/${folder.name}`, filename } : undefined;
}
