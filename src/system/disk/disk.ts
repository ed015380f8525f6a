import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
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

/** How a file is replaced. */
export interface Replacement {
  readonly mode: number;
  /** Whether a power cut afterwards leaves the new bytes. */
  readonly durable: boolean;
}

let serial = 0;

/** A name beside the target that no other write uses: it holds our pid, since two processes may write one file. */
export const temporaryFor = (target: string): string => `${target}.${process.pid}-${++serial}.tmp`;

/** Moves a temporary file that is written and synced into its place. */
export function moveInto(target: string, temporary: string, { durable }: Replacement): void {
  renameSync(temporary, target);
  if (durable) syncFolder(dirname(target));
}

/**
 * Replaces a file in blocking calls: readers see the old bytes or the new, and a failure leaves the old ones.
 *
 * @throws WorkerError `disk.full`; the system's own error otherwise
 */
export function replaceFile(target: string, parts: readonly Uint8Array[], how: Replacement): void {
  const temporary = temporaryFor(target);
  try {
    const file = openSync(temporary, 'wx', how.mode);
    try {
      for (const part of parts) writeFully(file, part);
      if (how.durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    moveInto(target, temporary, how);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    fail(thrown, target);
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
