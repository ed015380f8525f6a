import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { isAlive } from '../process/alive.ts';

/*
 * A lock between processes that no crash leaves behind: the system holds it and lets go with the process. A file that
 * merely exists would have to be judged by its age or by a pid that somebody else may have by now. The runtime has no such
 * call, so those of Unix and of Windows stand here side by side, to be read against one promise.
 */

/** Who holds a lock, as far as that is known: the system knows that it is held, a file beside it names the holder. */
export interface LockHolder {
  readonly pid: number | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
}

/** What an attempt at a lock gives. Whoever holds it releases it; the end of the process does so as well. */
export type Lock =
  | { readonly is: 'held'; /** Releases it; may be called twice. */ release(): void }
  | { readonly is: 'taken'; readonly by: LockHolder };

/**
 * Takes the lock on `path` (`….lock`), and writes the holder's pid beside it (`….pid`).
 *
 * The system drops the lock when the process ends, however it ends, so there is no stale lock to clean up, and children
 * do not inherit it. Nothing is followed or opened but a plain file: a link would have us write elsewhere.
 *
 * The lock file stays, because other implementations of the worker take the same kind of lock on it and would keep one
 * that was removed. With `removes` it goes with its release: whoever locked it in that moment notices, and starts again.
 *
 * @throws WorkerError `folder.unusable`
 */
export async function acquireLock(
  path: string,
  options: { readonly pid: number; readonly removes?: boolean },
): Promise<Lock> {
  const pidPath = pidPathOf(path);
  const unlock = await takeLock(path);
  if (unlock === undefined) return { is: 'taken', by: readHolder(pidPath) };

  writePid(pidPath, options.pid);
  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    try {
      rmSync(pidPath, { force: true });
      if (options.removes && process.platform !== 'win32') rmSync(path, { force: true }); // while it is still ours
    } catch {
      // the disk may have become read-only; a pid or a file without a lock means nothing
    }
    unlock();
    if (options.removes && process.platform === 'win32') removeUnheld(path);
  };
  return { is: 'held', release };
}

/**
 * The process that holds a lock; undefined when none is known to. The lock is tried only where the process that wrote its
 * name beside it lives: a worker that starts must not find it taken by whoever asks.
 *
 * @throws WorkerError `folder.unusable`
 */
export async function lockHolder(path: string, { pid: ownPid }: { readonly pid: number }): Promise<number | undefined> {
  const { pid } = readHolder(pidPathOf(path));
  if (pid === undefined || pid <= 0 || pid === ownPid || !isAlive(pid)) return undefined;
  const lock = await acquireLock(path, { pid: ownPid });
  if (lock.is === 'taken') return lock.by.pid ?? pid;
  lock.release();
  return undefined;
}

const pidPathOf = (path: string): string => path.replace(/(\.lock)?$/, '.pid');

/** Undefined when somebody else holds it. */
async function takeLock(path: string): Promise<(() => void) | undefined> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return process.platform === 'win32' ? await lockOnWindows(path) : await lockOnUnix(path);
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError('folder.unusable', `cannot lock ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for the account that runs the worker, or name another one with `--config`.',
    });
  }
}

/** Windows removes no file that somebody has open, so this takes no lock from anybody. */
function removeUnheld(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // it has its next holder
  }
}

function writePid(path: string, pid: number): void {
  try {
    const file = openPlain(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
    writeFileSync(file, `${pid}\n`);
    closeSync(file);
  } catch {
    // A full disk, for one. The lock is what counts; an unnamed holder stops no work.
  }
}

function readHolder(pidPath: string): LockHolder {
  try {
    const file = openPlain(pidPath, constants.O_RDONLY);
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    const since = fstatSync(file).mtimeMs;
    closeSync(file);
    return { pid: Number.isSafeInteger(pid) ? pid : undefined, since };
  } catch {
    return { pid: undefined, since: undefined }; // the holder has not written it yet: it is still the holder
  }
}

/** What opening a link, and a pipe or a socket, fails with (POSIX open, O_NOFOLLOW and O_NONBLOCK). */
const NOT_PLAIN = new Set(['ELOOP', 'ENXIO']);

/**
 * Opens a plain file for its owner alone, at once whatever stands there.
 *
 * @throws WorkerError `folder.unusable` for a link, a pipe or a device; the system's own error otherwise
 */
function openPlain(path: string, flags: number): number {
  const notPlain = new WorkerError('folder.unusable', `${path} is a link or no plain file`, {
    hint: `Remove ${path}, and find out who put it there.`,
  });
  let file: number;
  try {
    file = openSync(path, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0), 0o600);
  } catch (thrown) {
    throw NOT_PLAIN.has(codeOf(thrown) ?? '') ? notPlain : thrown;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw notPlain;
}

/** flock(2): exclusive, and "no" instead of waiting. */
const LOCK_EX_NB = 2 | 4;
/** EWOULDBLOCK on Linux and on macOS: somebody else has it. */
const WOULD_BLOCK: ReadonlySet<number> = new Set([11, 35]);
const INTERRUPTED = 4;

/** Undefined when somebody else holds it. The descriptor is close-on-exec, which keeps the lock from children. */
async function lockOnUnix(path: string): Promise<(() => void) | undefined> {
  const { flock, lastError } = await openLibc();
  const open = (): number => openPlain(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  let file = open();
  for (;;) {
    if (flock(file, LOCK_EX_NB) === 0) {
      if (isNamed(file, path)) return () => closeSync(file);
      closeSync(file); // its holder removed it as we opened it: a lock on it says nothing
      file = open();
      continue;
    }
    const errno = lastError();
    if (errno === INTERRUPTED) continue;
    closeSync(file);
    if (WOULD_BLOCK.has(errno)) return undefined;
    throw new WorkerError('internal', `cannot lock ${path}: the system returned errno ${errno}`, {
      hint: 'Keep the config folder on a local disk: some network shares do not support locks. `--config` names another place.',
    });
  }
}

/** Whether the name leads to this very file, and nobody put another in its place. */
function isNamed(file: number, path: string): boolean {
  const [held, named] = [fstatSync(file), lstatSync(path, { throwIfNoEntry: false })];
  return held.ino === named?.ino && held.dev === named.dev;
}

interface Libc {
  readonly flock: (file: number, operation: number) => number;
  readonly lastError: () => number;
}

/** Loaded when first needed: `bun:ffi` costs time at start that `--version` need not pay. */
async function openLibc(): Promise<Libc> {
  const { dlopen, read } = await import('bun:ffi');
  const errnoAt = process.platform === 'darwin' ? '__error' : '__errno_location';
  const symbols = { flock: { args: ['i32', 'i32'], returns: 'i32' }, [errnoAt]: { args: [], returns: 'ptr' } } as const;
  const failures: unknown[] = [];
  for (const library of librariesOf(process.platform, process.arch)) {
    try {
      const libc = dlopen(library, symbols).symbols;
      const whereErrnoIs = libc[errnoAt];
      return {
        flock: (file, operation) => libc.flock(file, operation),
        lastError: () => {
          const place = whereErrnoIs?.();
          return typeof place === 'number' ? read.i32(place) : 0;
        },
      };
    } catch (thrown) {
      failures.push(thrown); // glibc and musl go by different names; the next one may be there
    }
  }
  throw new WorkerError('internal', 'cannot reach the C library to take a lock', { cause: failures.at(-1) });
}

function librariesOf(platform: NodeJS.Platform, arch: string): readonly string[] {
  if (platform === 'darwin') return ['libSystem.B.dylib'];
  return ['libc.so.6', `libc.musl-${arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];
}

const GENERIC_READ = 0x8000_0000;
const OPEN_ALWAYS = 4;
const INVALID_HANDLE = -1n;

/** An exclusive handle. Windows closes it with the process; without security attributes no child gets it. */
async function lockOnWindows(path: string): Promise<(() => void) | undefined> {
  const { dlopen, ptr } = await import('bun:ffi');
  const kernel = dlopen('kernel32.dll', {
    CreateFileW: { args: ['ptr', 'u32', 'u32', 'ptr', 'u32', 'u32', 'ptr'], returns: 'i64' },
    CloseHandle: { args: ['i64'], returns: 'i32' },
  }).symbols;
  if (!(await canOpen(path))) return undefined;
  const name = new Uint8Array(Buffer.from(`${path}\0`, 'utf16le'));
  const handle = kernel.CreateFileW(ptr(name), GENERIC_READ, 0, null, OPEN_ALWAYS, 0, null);
  if (handle === INVALID_HANDLE) return undefined;
  return () => void kernel.CloseHandle(handle);
}

/** Distinguishes a held lock from a folder that may not be written, whose error is passed on. */
async function canOpen(path: string): Promise<boolean> {
  try {
    closeSync(openSync(path, 'a'));
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'EBUSY' || thrown.code === 'EPERM'))
      return false;
    throw thrown;
  }
}
