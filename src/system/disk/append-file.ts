import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KIB } from '../../base/units.ts';
import { fail, syncFolder, temporaryFor, writeFully } from './disk.ts';

/**
 * One open file that grows at its end. Every call blocks: a small write with its sync takes a fraction of a millisecond,
 * which a pool of threads only adds to. What follows the end may be zeros, so a reader needs records that say where
 * they stop. Failures are the system's own errors, except a full disk, which is `disk.full`.
 */
export interface AppendFile {
  /** Where the next bytes go. */
  readonly endAt: number;
  /** Adds the parts as one write. When that fails, the end is where it was. */
  append(parts: readonly Uint8Array[]): void;
  /** What was added, or replaced, is on the disk when it returns. */
  sync(): void;
  /** Cuts off everything from here on. */
  cutTo(endAt: number): void;
  /** Whether the name still leads to this file, which somebody may have removed or moved away. */
  isInPlace(): boolean;
  /** The bytes at a place; fewer where the file is shorter. */
  read(at: number, sizeBytes: number): Uint8Array;
  /**
   * Puts these bytes in the place of all others: after a power cut it is the old file or the new one, whole. A file that
   * was removed is there again, and so is its folder.
   */
  replace(parts: readonly Uint8Array[]): void;
  close(): void;
}

/**
 * Zeros written ahead of the end. A write inside them changes neither the file's size nor its blocks, so its sync has no
 * metadata to log: on ext4 that takes about a quarter off each sync, and most of the slow ones away.
 */
const RESERVE_BYTES = 256 * KIB;

/** No file has this number: using it fails, where that of a closed one may have become another file's. */
const CLOSED = -1;

/**
 * Opens the file, creating it and its folder for their owner alone when they are missing; the first sync makes its name
 * durable too.
 */
export const openAppendFile = (path: string, startAt: number): AppendFile => new OpenAppendFile(path, startAt);

class OpenAppendFile implements AppendFile {
  readonly #path: string;
  #file: number;
  #endAt: number;
  /** Up to here the file holds bytes or zeros. */
  #zeroedTo: number;
  /** Whether the name leads to this file after a power cut too; the next sync sees to it. */
  #nameIsDurable = false;
  /** By which the open file is told from another one of its name; read when first asked for. */
  #identity: Pick<Stats, 'ino' | 'dev'> | undefined;

  constructor(path: string, startAt: number) {
    this.#path = path;
    this.#file = openOrCreate(path);
    this.#endAt = startAt;
    this.#zeroedTo = Math.max(startAt, fstatSync(this.#file).size);
  }

  get endAt(): number {
    return this.#endAt;
  }

  append(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    this.#reserve(this.#endAt + bytes.byteLength);
    try {
      writeFully(this.#file, bytes, this.#endAt);
    } catch (thrown) {
      tryTo(() => this.cutTo(this.#endAt)); // half a record is overwritten by the next one at the latest
      fail(thrown, this.#path);
    }
    this.#endAt += bytes.byteLength;
    this.#zeroedTo = Math.max(this.#zeroedTo, this.#endAt);
  }

  sync(): void {
    try {
      fdatasyncSync(this.#file);
      if (!this.#nameIsDurable) syncFolder(dirname(this.#path));
      this.#nameIsDurable = true;
    } catch (thrown) {
      fail(thrown, this.#path); // a disk may notice only now that it is full
    }
  }

  cutTo(endAt: number): void {
    ftruncateSync(this.#file, endAt);
    this.#endAt = endAt;
    this.#zeroedTo = endAt;
  }

  isInPlace(): boolean {
    if (process.platform === 'win32') return true; // there nobody can remove a file that is open
    const named = statSync(this.#path, { throwIfNoEntry: false });
    const { ino, dev } = (this.#identity ??= fstatSync(this.#file));
    return named?.ino === ino && named.dev === dev;
  }

  read(at: number, sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    let done = 0;
    for (let read = -1; done < sizeBytes && read !== 0; done += read) {
      read = readSync(this.#file, bytes, done, sizeBytes - done, at + done);
    }
    return bytes.subarray(0, done);
  }

  replace(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    const temporary = temporaryFor(this.#path);
    const fresh = writeNew(temporary, bytes);
    try {
      renameSync(temporary, this.#path);
    } catch (thrown) {
      discard(fresh, temporary);
      fail(thrown, this.#path);
    }
    // Until the next sync has made the name durable, a power cut brings the old file back, which holds as much.
    this.#nameIsDurable = false;
    tryTo(() => closeSync(this.#file));
    this.#file = fresh;
    this.#identity = undefined;
    this.#endAt = bytes.byteLength;
    this.#zeroedTo = bytes.byteLength;
  }

  close(): void {
    if (this.#file !== CLOSED) closeSync(this.#file);
    this.#file = CLOSED;
  }

  #reserve(upTo: number): void {
    if (upTo <= this.#zeroedTo) return;
    try {
      const zeros = new Uint8Array(Math.max(RESERVE_BYTES, upTo - this.#zeroedTo));
      writeFully(this.#file, zeros, this.#zeroedTo);
      this.#zeroedTo += zeros.byteLength;
    } catch {
      // A disk too full for the reserve may still take the record itself; if not, that write fails.
    }
  }
}

function openOrCreate(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (thrown) {
    return fail(thrown, path);
  }
}

/** For cleaning up after a failure, which is what the caller gets, whatever else fails. */
function tryTo(clean: () => void): void {
  try {
    clean();
  } catch {
    // The first failure is the one to report.
  }
}

/** Writes a file that is not there yet, durably, and leaves it open. */
function writeNew(path: string, bytes: Uint8Array): number {
  let file = CLOSED;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    file = openSync(path, 'wx+', 0o600);
    writeFully(file, bytes);
    fsyncSync(file);
    return file;
  } catch (thrown) {
    discard(file, path);
    return fail(thrown, path);
  }
}

function discard(file: number, path: string): void {
  tryTo(() => closeSync(file));
  tryTo(() => rmSync(path, { force: true }));
}
