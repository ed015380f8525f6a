import type { Files } from '../../system/disk/files.ts';

/** What we know about a file that was fetched here. Kept beside it, one for each, so that two processes never share one. */
export interface Receipt {
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

/** The receipt at a path; undefined when there is none, or none that makes sense. */
export async function readReceipt(files: Pick<Files, 'readText'>, path: string): Promise<Receipt | undefined> {
  const text = await files.readText(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isReceipt(value) ? value : undefined;
  } catch {
    return undefined; // cut off by a power failure, or not ours: a file without a receipt is used all the same
  }
}

export const writeReceipt = (files: Pick<Files, 'writeAtomic'>, path: string, receipt: Receipt): Promise<void> =>
  files.writeAtomic(path, `${JSON.stringify(receipt)}\n`);

const TEXTS = ['filename', 'model', 'url', 'sha256'];
const NUMBERS = ['sizeBytes', 'fetchedAt', 'usedAt'];

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) return false;
  const facts = new Map<string, unknown>(Object.entries(value));
  return (
    TEXTS.every((name) => typeof facts.get(name) === 'string') &&
    NUMBERS.every((name) => Number.isFinite(facts.get(name)))
  );
}
