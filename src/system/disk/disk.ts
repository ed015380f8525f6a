import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { isDiskFull } from '../../base/system-code.ts';
import { HOUR_MS } from '../../base/units.ts';

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

/**
 * A name beside the target that no other write uses, whatever an earlier one left: in a container each process has the
 * same pid as the one before.
 */
export const temporaryFor = (target: string): string =>
  `${target}.${process.pid}-${crypto.getRandomValues(new Uint8Array(6)).toHex()}.tmp`;

/** What follows the target in the name of a temporary file; without a random part in those of earlier releases. */
const TEMPORARY = /^\.\d+-(?:\d+|[0-9a-f]{12})\.tmp$/;
/** No write takes longer. */
const STALE_MS = HOUR_MS;
/** Files that are written for one job each have nothing to sweep, and there is no end of them. */
const MAX_SWEPT = 1_000;
const swept = new Set<string>();

/**
 * Removes temporary files that killed processes left beside a target; once for each, and not what may be in use. What
 * cannot be removed stays.
 */
export function sweepTemporaries(target: string): void {
  if (swept.has(target) || swept.size >= MAX_SWEPT) return;
  swept.add(target);
  const [folder, name] = [dirname(target), basename(target)];
  try {
    for (const other of readdirSync(folder)) {
      if (!other.startsWith(name) || !TEMPORARY.test(other.slice(name.length))) continue;
      const path = `${folder}/${other}`;
      const facts = lstatSync(path, { throwIfNoEntry: false });
      if (facts?.isFile() && facts.mtimeMs < Date.now() - STALE_MS) rmSync(path, { force: true });
    }
  } catch {
    // A folder that cannot be listed was written to all the same, which is what counts.
  }
}

/** Removes what a failed write left. What cannot be removed stays: why the write failed is what the caller has to report. */
export function discardTemporary(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A read-only disk has no such file, and a broken one is reported by the write.
  }
}

/**
 * Moves a temporary file that is written and synced into its place.
 *
 * @throws WorkerError `file.not-written` where something is that is no file: root could put a file in place of a device
 */
export function moveInto(target: string, temporary: string, { durable }: Replacement): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) throw noFile(target);
  renameSync(temporary, target);
  if (durable) syncFolder(dirname(target));
}

const noFile = (target: string): WorkerError =>
  new WorkerError('file.not-written', `${target} is no regular file, so nothing is put in its place`, {
    hint: 'Remove what is there, or name another file.',
  });

/**
 * Replaces a file in blocking calls: readers see the old bytes or the new, and a failure leaves the old ones.
 *
 * @throws WorkerError `disk.full` | `file.not-written`; the system's own error otherwise
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
    discardTemporary(temporary);
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
