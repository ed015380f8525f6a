import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { joinBytes } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { formatBytes } from '../../base/units.ts';

/**
 * Opening a pipe waits for its writer unless told not to (POSIX open, O_NONBLOCK); Windows has no such flag.
 * A device has no end, so only regular files are read, and no more of them than agreed.
 */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const LINE_FEED = 0x0a;

/** The text of a file that a person named; see `Files.readNamedText`. A missing one is the system's own error. */
export const readNamedText = async (path: string, maxBytes: number): Promise<string> =>
  namedTextOf(await readStart(path, maxBytes + 1), path, maxBytes);

/** The bytes of a file that a person named; see `Files.readNamedBytes`. A missing one is the system's own error. */
export async function readNamedBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await readStart(path, maxBytes + 1);
  if (bytes.byteLength > maxBytes) throw tooLarge(path, maxBytes);
  return bytes;
}

async function readStart(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await openRegular(path);
  try {
    return await readUpTo(file, maxBytes);
  } finally {
    await file.close();
  }
}

/**
 * Opens a file for reading, at once whatever stands there.
 *
 * @throws WorkerError `file.unusable` when it is no regular file; the system's own error when it cannot be opened
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, READ_AT_ONCE).catch((thrown: unknown) => {
    throw codeOf(thrown) === 'ENXIO' ? notRegular(path) : thrown; // a socket cannot even be opened
  });
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path);
    return file;
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/**
 * How a file begins, by blocking calls.
 *
 * @throws WorkerError `file.unusable` when it is no regular file by now; the system's own error when it cannot be read
 */
export function readFirstBytes(path: string, maxBytes: number): Uint8Array {
  const file = openSync(path, READ_AT_ONCE);
  try {
    if (!fstatSync(file).isFile()) throw notRegular(path);
    const bytes = new Uint8Array(maxBytes);
    return bytes.subarray(0, readSync(file, bytes, 0, maxBytes, 0));
  } finally {
    closeSync(file);
  }
}

/** The size that a file reports is not used: those of /proc report 0. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < maxBytes) {
    const part = new Uint8Array(Math.min(64 * 1024, maxBytes - sizeBytes));
    const { bytesRead } = await file.read(part, 0, part.byteLength);
    if (bytesRead === 0) break;
    parts.push(part.subarray(0, bytesRead));
    sizeBytes += bytesRead;
  }
  return joinBytes(parts);
}

/**
 * The text of what was read, strictly: a byte that means nothing in UTF-8 would be saved back as something else.
 *
 * @throws WorkerError `file.unusable` when it is larger than allowed, or not UTF-8
 */
export function namedTextOf(bytes: Uint8Array, path: string, maxBytes: number): string {
  if (bytes.byteLength > maxBytes) throw tooLarge(path, maxBytes);
  if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
  const line = lineOfFirstFault(bytes);
  throw unusable(path, `is not UTF-8 text: line ${line} holds other bytes`, { line });
}

/** A line feed is never part of another character in UTF-8, so each line stands by itself. */
function lineOfFirstFault(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0, to = bytes.indexOf(LINE_FEED); to >= 0; line++) {
    if (!isUtf8(bytes.subarray(from, to))) return line;
    from = to + 1;
    to = bytes.indexOf(LINE_FEED, from);
  }
  return line;
}

/** It is a folder, a pipe, a socket or a device. */
export const notRegular = (path: string): WorkerError => unusable(path, 'is no regular file');

/** There are more bytes than agreed. */
export const tooLarge = (path: string, maxBytes: number): WorkerError =>
  unusable(path, `is larger than ${formatBytes(maxBytes)}`);

const unusable = (path: string, what: string, fields: { readonly line?: number } = {}): WorkerError =>
  new WorkerError('file.unusable', `${path} ${what}`, { fields: { path, ...fields } });
