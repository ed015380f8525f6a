import type { Files } from '../../system/disk/files.ts';
import { readStateFile } from '../state-file.ts';

/** What we know about a file that was fetched here. Kept beside it, one for each, so that two processes never share one. */
export interface FileReceipt {
  readonly filename: string;
  readonly model: string;
  /** Without its query, which may hold a secret. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Lower-case hex, computed while it was written. */
  readonly sha256: string;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly usedAt: number;
}

/** The receipt at a path; undefined when there is none, or none that can be read: its file is used all the same. */
export async function readFileReceipt(files: Pick<Files, 'readText'>, path: string): Promise<FileReceipt | undefined> {
  const text = await files.readText(path);
  if (text === undefined) return undefined;
  const receipt = readStateFile(text, (fields): FileReceipt => ({
    filename: fields.text('filename'),
    model: fields.text('model'),
    url: fields.text('url'),
    sizeBytes: fields.count('sizeBytes'),
    sha256: fields.text('sha256'),
    fetchedAt: fields.amount('fetchedAt'),
    usedAt: fields.amount('usedAt'),
  }));
  return receipt.is === 'read' ? receipt.value : undefined;
}

/** Replaces the receipt at a path in one step. Rejects when the disk does not take it. */
export const writeFileReceipt = (
  files: Pick<Files, 'writeAtomic'>,
  path: string,
  receipt: FileReceipt,
): Promise<void> => files.writeAtomic(path, `${JSON.stringify(receipt)}\n`);
