import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, syncFolder, writeFully } from './disk.ts';

/**
 * A file that comes in chunks, for its owner alone. Every call blocks: chunks are small, and a pool of threads would
 * cost more than most of these writes take. A full disk is `disk.full`; other failures are the system's own errors.
 */
export interface NewFile {
  write(chunk: Uint8Array): void;
  /** Ends it and gives it its name, on the same disk. Both survive a power cut: a name that exists is whole. */
  publish(path: string): void;
  /** Removes it. May be called twice, and after `publish`, when nothing is left to remove. */
  discard(): void;
}

/** Starts a file at a path where nothing is. */
export function startFile(temporary: string): NewFile {
  const file = orFail(temporary, () => openSync(temporary, 'wx', 0o600));
  let open = true;
  const close = (): void => {
    if (open) closeSync(file);
    open = false;
  };
  return {
    write: (chunk) => orFail(temporary, () => writeFully(file, chunk)),
    publish: (path) => {
      orFail(path, () => fsyncSync(file));
      close();
      renameSync(temporary, path);
      syncFolder(dirname(path));
    },
    discard: () => {
      close();
      rmSync(temporary, { force: true });
    },
  };
}

function orFail<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    return fail(thrown, path);
  }
}
