import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { WorkerError } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';

/**
 * Opening a pipe waits for its writer unless told not to (POSIX open, O_NONBLOCK); Windows has no such flag.
 * What a device gives has no end, so only regular files are read, and no more of them than agreed.
 */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const LINE_FEED = 0x0a;

/** The text of a file that somebody named; see `Files.readNamedText`. A missing one is the system's own error. */
export async function readNamedText(path: string, mostBytes: number): Promise<string> {
  const file = await open(path, READ_AT_ONCE);
  try {
    if (!(await file.stat()).isFile()) throw unusable(path, 'is no regular file');
    const bytes = await readUpTo(file, mostBytes + 1);
    if (bytes.byteLength > mostBytes) throw unusable(path, `is larger than ${formatBytes(mostBytes)}`);
    return textOf(bytes, path);
  } finally {
    await file.close();
  }
}

/** The size a file says it has is not asked: those of /proc say 0. */
async function readUpTo(file: FileHandle, mostBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < mostBytes) {
    const part = new Uint8Array(Math.min(64 * 1024, mostBytes - sizeBytes));
    const { bytesRead } = await file.read(part, 0, part.byteLength);
    if (bytesRead === 0) break;
    parts.push(part.subarray(0, bytesRead));
    sizeBytes += bytesRead;
  }
  return Buffer.concat(parts);
}

/** Strictly: a byte that means nothing in UTF-8 would be saved back as something else. */
function textOf(bytes: Buffer, path: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const line = lineOfFirstFault(bytes);
  throw unusable(path, `is not UTF-8 text: line ${line} holds other bytes`, { line });
}

/** A line feed is never part of another character in UTF-8, so each line stands by itself. */
function lineOfFirstFault(bytes: Buffer): number {
  let line = 1;
  for (let from = 0, to = bytes.indexOf(LINE_FEED); to >= 0; line++) {
    if (!isUtf8(bytes.subarray(from, to))) return line;
    from = to + 1;
    to = bytes.indexOf(LINE_FEED, from);
  }
  return line;
}

const unusable = (path: string, what: string, fields: { readonly line?: number } = {}): WorkerError =>
  new WorkerError('file.unusable', `${path} ${what}`, { fields: { path, ...fields } });
