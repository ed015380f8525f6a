import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fail } from './disk.ts';
import { notRegular, openRegular } from './named-file.ts';

/**
 * One open file that is written and read at any place, for what arrives out of order. Failures are the system's own
 * errors, except a full disk, which is `disk.full`.
 */
export interface PartFile {
  /** Writes the parts one after the other at a place; what lies between the end and that place reads as zeros. */
  write(at: number, parts: readonly Uint8Array[]): Promise<void>;
  /** The bytes at a place; fewer where the file is shorter. */
  read(at: number, sizeBytes: number): Promise<Uint8Array>;
  sizeBytes(): Promise<number>;
  /** Cuts the file, or fills it with zeros, to this size. */
  resize(sizeBytes: number): Promise<void>;
  /**
   * Has what was written so far brought to the disk while more arrives, so that little is left for `sync`, which reports
   * what goes wrong. Does nothing while it is at it.
   */
  flushAlong(): void;
  /** What was written is on the disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** `read` opens a file that must exist, and for reading only. */
export type OpenPartFile = (path: string, how?: 'read') => Promise<PartFile>;

/** Opens the file, creating it when it is missing. The folder must exist. */
export const openPartFile: OpenPartFile = async (path, how) => {
  const file = await named(path, how === 'read' ? openRegular(path) : openOrCreate(path));
  let flushing: Promise<void> | undefined;
  let failed: { readonly thrown: unknown } | undefined;
  return {
    write: (at, parts) => named(path, writeAll(file, at, parts)),
    read: (at, sizeBytes) => readUpTo(file, at, sizeBytes),
    sizeBytes: async () => (await file.stat()).size,
    resize: (sizeBytes) => named(path, file.truncate(sizeBytes)),
    flushAlong() {
      flushing ??= file
        .datasync()
        .catch((thrown: unknown) => void (failed = { thrown })) // the system reports it to one call, and not to the next
        .finally(() => (flushing = undefined));
    },
    async sync() {
      await flushing;
      if (failed !== undefined) fail(failed.thrown, path);
      await named(path, file.datasync()); // a disk may notice only now that it is full
    },
    async close() {
      await flushing;
      await file.close();
    },
  };
};

async function openOrCreate(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0), 0o644);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw notRegular(path);
}

async function writeAll(file: FileHandle, at: number, parts: readonly Uint8Array[]): Promise<void> {
  let left = parts;
  for (let to = at; left.length > 0;) {
    const { bytesWritten } = await file.writev(left, to);
    to += bytesWritten;
    left = partsAfter(left, bytesWritten);
  }
}

/** What is left of parts once so many of their bytes are written: a disk that fills up takes some of them. */
export function partsAfter(parts: readonly Uint8Array[], doneBytes: number): readonly Uint8Array[] {
  let skip = doneBytes;
  return parts.flatMap((part) => {
    const left = part.subarray(Math.min(skip, part.byteLength));
    skip -= part.byteLength - left.byteLength;
    return left.byteLength === 0 ? [] : [left];
  });
}

async function readUpTo(file: FileHandle, at: number, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let done = 0;
  for (let read = -1; done < sizeBytes && read !== 0; done += read) {
    ({ bytesRead: read } = await file.read(bytes, done, sizeBytes - done, at + done));
  }
  return bytes.subarray(0, done);
}

const named = <T>(path: string, work: Promise<T>): Promise<T> => work.catch((thrown: unknown) => fail(thrown, path));
