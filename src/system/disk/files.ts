import { lstatSync, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bytesIn } from '../../base/bytes.ts';
import { MIB } from '../../base/units.ts';
import { openRegular, readFirstBytes, readNamedBytes, readNamedText } from './named-file.ts';
import { type AppendFile, openAppendFile } from './append-file.ts';
import { codeOf } from '../../base/system-code.ts';
import {
  discardTemporary,
  fail,
  moveInto,
  replaceFile,
  type Replacement,
  sweepTemporaries,
  temporaryFor,
} from './disk.ts';

/*
 * Every way in which the program touches a file, as one value: a test hands in another one, and what a system does
 * differently, from a full disk to a missing folder, is told apart here and nowhere else.
 */

/** What a file or folder is, its content aside. */
export interface FileFacts {
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly isFolder: boolean;
  /** Neither a folder nor a pipe, socket or device, from which a reader might wait for ever. */
  readonly isFile: boolean;
}

/** What stands under a name itself, a link not followed. */
export type FileKind = 'file' | 'folder' | 'link' | 'pipe' | 'socket' | 'device';

/** What stands under a name, and how it begins: nothing but a file is opened for that. */
export interface FileStart {
  readonly kind: FileKind;
  readonly bytes: Uint8Array;
}

/** How a file is replaced. */
export interface WriteOptions {
  /** Permission bits of the file; 0644 when left out. Windows ignores them. */
  readonly mode?: number;
  /** Whether the bytes are on the disk when the promise resolves; `soon` has them written while nobody waits. */
  readonly durable?: boolean | 'soon';
}

/**
 * Files as a value. A missing file is an answer (`undefined`, an empty list), everything else that goes wrong is the
 * system's own error with its `code` kept, except a full disk, which is `disk.full`, and reading what is no regular file,
 * which is `file.unusable`, at once.
 */
export interface Files {
  readText(path: string): Promise<string | undefined>;
  /**
   * The text of a file that a person named, which may be a pipe, a device or the wrong file.
   *
   * @throws WorkerError `file.unusable` when it is no regular file, is larger than this, or is not UTF-8
   */
  readNamedText(path: string, maxBytes: number): Promise<string | undefined>;
  /** The bytes of a file that a person named. @throws WorkerError `file.unusable` as `readNamedText` */
  readNamedBytes(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  readBytes(path: string): Promise<Uint8Array | undefined>;
  /** The file in chunks, for what must not be in memory whole. Fails on the first chunk when the file is missing. */
  openRead(path: string): AsyncIterable<Uint8Array>;
  /**
   * The first bytes of one of many files, undefined where nothing stands under the name. By blocking calls, which take a
   * quarter of what a pool of threads does, and every few milliseconds others have their turn.
   */
  readStart(path: string, maxBytes: number): Promise<FileStart | undefined>;
  /**
   * Replaces a file: readers see the old bytes or the new, never a mixture, and a failure leaves the old ones.
   * A link is followed, so that a file kept elsewhere stays there.
   *
   * @throws WorkerError `disk.full`
   */
  writeAtomic(path: string, data: string | Uint8Array, options?: WriteOptions): Promise<void>;
  /**
   * Writes the parts one after the other into a file that survives a power cut once the promise resolves: the bytes and
   * the folder's entry are on the disk. A path that exists is whole. The folder must exist.
   *
   * @throws WorkerError `disk.full`
   */
  writeDurable(path: string, parts: readonly Uint8Array[], mode?: number): Promise<void>;
  /** A file to add to at this place, for what must be on the disk at once and often. A missing folder is created. */
  openAppend(path: string, startAt: number): AppendFile;
  /** Takes every right to a file from other accounts. False when they had none, and on Windows. Fails when not ours. */
  makePrivate(path: string): Promise<boolean>;
  /** Creates the folder and its parents, with this mode where they are new. Fine when it exists. */
  makeDir(path: string, options?: { readonly mode?: number }): Promise<void>;
  /** Removes a file, or a folder with everything in it. Fine when it is missing. */
  remove(path: string): Promise<void>;
  /** Removes a folder unless something is in it. Fine when it is missing; one that cannot be removed stays. */
  removeEmptyDir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileFacts | undefined>;
  /** Whether both lead to one file or folder, however they are written. False when one of them is missing. */
  isSamePlace(a: string, b: string): Promise<boolean>;
  /** The path itself, with every link on the way followed. Undefined when it leads nowhere. */
  realPath(path: string): Promise<string | undefined>;
  kindOf(path: string): Promise<FileKind | undefined>;
  /** Bytes an ordinary account may still write where this path is, or will be. */
  freeBytes(path: string): Promise<number>;
}

/**
 * Up to here blocking calls are used, which a pool of threads only adds to: a small write with fsync takes under a
 * millisecond, one of 1 MiB about two, a sixth less than through the pool.
 */
const BLOCKING_UP_TO_BYTES = 2 * MIB;

/** How long blocking calls in a row may keep everything else waiting. */
const MAX_BLOCKED_MS = 5;

/** Blocking calls in a row, and when somebody else was let in between them last. */
class Turns {
  #since = 0;

  async taken(): Promise<void> {
    if (performance.now() - this.#since < MAX_BLOCKED_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
const turns = new Turns();

/** Those of this machine. */
export const systemFiles: Files = {
  readText: async (path) => (await orMissing(readWhole(path)))?.toString('utf8'),
  readNamedText: (path, maxBytes) => orMissing(readNamedText(path, maxBytes)),
  readNamedBytes: (path, maxBytes) => orMissing(readNamedBytes(path, maxBytes)),
  readBytes: (path) => orMissing(readWhole(path)),
  openRead: async function* openRead(path) {
    const file = await openRegular(path);
    // The stream closes the handle however it ends, also when its reader stops early.
    yield* file.createReadStream({ highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
  },
  readStart: (path, maxBytes) => orMissing(startOf(path, maxBytes)),
  writeAtomic: async (path, data, options = {}) => {
    const target = (await orMissing(realpath(path))) ?? path;
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    await replace(target, [bytes], { mode: options.mode ?? 0o644, durable: options.durable === true });
    if (options.durable === 'soon') void settle(target);
    sweepTemporaries(target);
  },
  writeDurable: (path, parts, mode = 0o600) => replace(path, parts, { mode, durable: true }),
  openAppend: openAppendFile,
  makePrivate: async (path) => {
    const othersMay = process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0;
    if (othersMay) await chmod(path, 0o600);
    return othersMay;
  },
  makeDir: async (path, options = {}) => {
    await mkdir(path, { recursive: true, ...options }).catch((thrown: unknown) => fail(thrown, path));
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  removeEmptyDir: (path) => rmdir(path).catch(() => {}), // not empty, most often: one that stays does no harm
  rename: (from, to) => rename(from, to),
  list: async (path) => ((await orMissing(readdir(path))) ?? []).toSorted(),
  stat: async (path) => {
    const facts = await orMissing(stat(path));
    return (
      facts && {
        sizeBytes: facts.size,
        modifiedAt: facts.mtimeMs,
        isFolder: facts.isDirectory(),
        isFile: facts.isFile(),
      }
    );
  },
  realPath: (path) => orMissing(realpath(path)),
  kindOf: async (path) => {
    const facts = await orMissing(lstat(path));
    return facts && kindOf(facts);
  },
  isSamePlace: async (a, b) => {
    const facts = await orMissing(stat(a, { bigint: true }));
    const other = await orMissing(stat(b, { bigint: true }));
    return facts !== undefined && facts.ino === other?.ino && facts.dev === other.dev;
  },
  freeBytes: async (path) => {
    const space = await orMissing(statfs(path));
    if (space !== undefined) return space.bavail * space.bsize;
    const parent = dirname(path);
    return parent === path ? 0 : systemFiles.freeBytes(parent);
  },
};

/** Has a file and its name written to the disk. Where that fails a power cut may take the change back, and no more. */
async function settle(path: string): Promise<void> {
  for (const each of [path, dirname(path)]) {
    const file = await open(each, 'r').catch(() => undefined); // replaced again by now, or a folder of Windows
    await file?.sync().catch(() => {});
    await file?.close();
  }
}

async function startOf(path: string, maxBytes: number): Promise<FileStart> {
  await turns.taken();
  const kind = kindOf(lstatSync(path));
  return { kind, bytes: kind === 'file' ? readFirstBytes(path, maxBytes) : new Uint8Array() };
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function kindOf(facts: Stats): FileKind {
  if (facts.isFile()) return 'file';
  if (facts.isDirectory()) return 'folder';
  if (facts.isSymbolicLink()) return 'link';
  if (facts.isFIFO()) return 'pipe';
  return facts.isSocket() ? 'socket' : 'device';
}

/** Writes beside the target and moves over it: in one call where the bytes are few, through the pool otherwise. */
async function replace(target: string, parts: readonly Uint8Array[], how: Replacement): Promise<void> {
  if (bytesIn(parts) <= BLOCKING_UP_TO_BYTES) return replaceFile(target, parts, how);
  const temporary = temporaryFor(target);
  try {
    await writeInPieces(temporary, parts, how);
    moveInto(target, temporary, how);
  } catch (thrown) {
    discardTemporary(temporary);
    fail(thrown, target);
  }
}

async function writeInPieces(path: string, parts: readonly Uint8Array[], how: Replacement): Promise<void> {
  const file = await open(path, 'wx', how.mode);
  try {
    for (const part of parts) await file.writeFile(part);
    if (how.durable) await file.sync();
  } finally {
    await file.close();
  }
}

/** A path through something that is no folder names a missing file too. */
async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw thrown;
  }
}
