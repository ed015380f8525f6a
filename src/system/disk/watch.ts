import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../clock.ts';

/** Calls back after a file was edited, replaced, created or removed. The returned function ends it, and may be called twice. */
export type Watch = (path: string, call: () => void) => () => void;

/** Editors write in several steps; one call after the last of them is enough. */
const SETTLE_MS = 100;
/** Network shares and some containers report nothing; a check of size and time finds an edit all the same. */
const POLL_MS = 900;

/**
 * Watches the folder rather than the file: an atomic save replaces the file, and a watch on the old one gets no more events.
 * Events of the system only start a check; what decides is whether the file differs from the last check, so that an
 * event too many, or one about a neighbour, costs a `stat` and nothing else.
 */
export function createWatch(clock: Pick<Clock, 'after'>): Watch {
  return (path, call) => {
    const name = basename(path);
    let seen = fingerprintOf(path);
    let cancelCheck = (): void => {};
    let ended = false;

    const check = (): void => {
      const now = fingerprintOf(path);
      if (now === seen) return;
      seen = now;
      call();
    };
    const poll = (): void => {
      if (ended) return;
      check();
      cancelPoll = clock.after(POLL_MS, poll);
    };
    let cancelPoll = clock.after(POLL_MS, poll);
    const watcher = watchFolder(dirname(path), (changed) => {
      if (ended || (changed !== null && changed !== name)) return;
      cancelCheck();
      cancelCheck = clock.after(SETTLE_MS, check);
    });

    return () => {
      ended = true;
      cancelCheck();
      cancelPoll();
      watcher?.close();
    };
  };
}

/** Undefined where the folder cannot be watched (missing, or no watches left): the poll goes on alone. */
function watchFolder(folder: string, call: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_kind, name) => call(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined; // the poll goes on alone
  }
}

/** What tells two states of a file apart without reading it. An atomic replace changes the inode. */
function fingerprintOf(path: string): string {
  try {
    const facts = statSync(path);
    return `${facts.ino} ${facts.size} ${facts.mtimeMs}`;
  } catch {
    return 'missing'; // also when it cannot be read: its reader finds out why
  }
}
