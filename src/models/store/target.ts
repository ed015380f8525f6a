import type { ModelId } from '../../base/ids.ts';
import { WorkerError } from '../../base/errors.ts';
import type { ModelFile } from '../../contract/model-source.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import { shortHash, type Sidecars, sidecarsOf } from '../names.ts';
import type { FilePlace } from './layout.ts';

/** One file of one model, and where on this disk it lies or is to go. */
export interface FileTarget {
  readonly place: FilePlace;
  readonly sidecars: Sidecars;
  readonly file: ModelFile;
  readonly model: ModelId;
  /** Lower-case hex; undefined when the source names none. */
  readonly sha256: string | undefined;
}

/** One file of a model at one place, with its sidecars. */
export function targetAt(
  place: FilePlace,
  about: Pick<FileTarget, 'file' | 'model' | 'sha256'>,
  { sha256 }: { readonly sha256: Sha256 },
): FileTarget {
  return { place, sidecars: sidecarsOf(place.folder, place.filename, shortHash(sha256)), ...about };
}

/**
 * Lower-case hex, trimmed, as the contract allows it to be written.
 *
 * @throws WorkerError `model.checksum-mismatch` for what no file can match
 */
export function digestOf(file: ModelFile): string | undefined {
  const problem = digestProblem(file);
  if (problem !== undefined) throw problem;
  return writtenDigest(file) || undefined;
}

/** What is wrong with a digest that no file can match. */
export function digestProblem(file: ModelFile): WorkerError | undefined {
  if (/^(?:[0-9a-f]{64})?$/.test(writtenDigest(file))) return undefined;
  return new WorkerError(
    'model.checksum-mismatch',
    `the sha256 of ${file.filename} is not 64 hex digits: no file can match it`,
    { hint: 'Correct `sha256` in the model source, or leave it out.' },
  );
}

/** Empty where there is none. */
const writtenDigest = ({ sha256 = '' }: ModelFile): string => sha256.trim().toLowerCase();
