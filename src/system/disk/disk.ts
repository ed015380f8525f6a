import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { WorkerError } from '../../base/errors.ts';
import { isDiskFull } from '../../base/system-code.ts';

/** Writes all of it, however little the system takes at a time. Without a place it goes where the file stands. */
export function writeFully(file: number, bytes: Uint8Array, at?: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(file, bytes, done, bytes.byteLength - done, at === undefined ? null : at + done);
  }
}

/** A new name is only durable once its folder is. Windows has no such call; NTFS journals the change itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Passes a failed write on, a full disk by its name: that is the one the operator can do something about. */
export function fail(thrown: unknown, path: string): never {
  if (!isDiskFull(thrown)) throw thrown;
  throw new WorkerError('disk.full', `no space left to write ${path}`, {
    cause: thrown,
    hint: 'Free some space on that disk, or move the folder to another one.',
  });
}
