import type { Files } from '../../system/disk/files.ts';
import { malformed, readStateFile, toCount } from '../state-file.ts';

/** What a download keeps beside its part file: which blocks are complete, and the CRC-32 of each. */
export interface ProgressFile {
  /** So that abandoned downloads can be listed by model and name. */
  readonly model: string | undefined;
  readonly filename: string;
  /** Hash of the URL, which may hold a secret. */
  readonly url: string;
  readonly sha256: string | undefined;
  readonly sizeBytes: number;
  readonly validator: string | undefined;
  readonly blockBytes: number;
  readonly done: readonly BlockCrc[];
}

type BlockCrc = readonly [block: number, crc: number];

/** More blocks than this are not a file of ours, and an array of them would be a burden. */
const MAX_BLOCKS = 1_000_000;

/** Replaces the progress file at a path in one step. Rejects when the disk does not take it. */
export const writeProgress = (files: Pick<Files, 'writeAtomic'>, path: string, progress: ProgressFile): Promise<void> =>
  files.writeAtomic(path, JSON.stringify(progress));

/** The progress file at a path; undefined when there is none, or none that can be read: the download then starts anew. */
export async function readProgress(files: Pick<Files, 'readText'>, path: string): Promise<ProgressFile | undefined> {
  const text = await files.readText(path).catch(() => undefined);
  if (text === undefined) return undefined;
  const progress = readStateFile(text, (fields): ProgressFile => {
    const sizeBytes = fields.count('sizeBytes');
    const blockBytes = fields.count('blockBytes');
    if (blockBytes === 0 || sizeBytes / blockBytes > MAX_BLOCKS) throw malformed('blockBytes: expected larger blocks');
    return {
      model: fields.optionalText('model'),
      filename: fields.text('filename'),
      url: fields.text('url'),
      sha256: fields.optionalText('sha256'),
      sizeBytes,
      validator: fields.optionalText('validator'),
      blockBytes,
      done: fields.list('done', MAX_BLOCKS).map(blockCrcOf),
    };
  });
  return progress.is === 'read' ? progress.value : undefined;
}

function blockCrcOf(value: unknown): BlockCrc {
  if (!Array.isArray(value) || value.length !== 2) throw malformed('done: expected pairs');
  return [toCount(value[0], 'done'), toCount(value[1], 'done')];
}
