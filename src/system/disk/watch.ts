import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../clock.ts';

/** Calls back after a file was edited, replaced, created or removed. The returned function ends it, and may be called twice. */
export type Watch = (path: string, call: () => void) => () => void;

/** Editors write in several steps; one call after the last of them is enough. */
const SETTLE_MS = 100;
/** Network shares and some containers report nothing; a look at size and time finds an edit all the same. */
const POLL_MS = 900;

/**
 * Watches the folder rather than the file: an atomic save replaces the file, and a watch on the old one hears no more.
 * Hints of the system only start a look; what decides is whether the file differs from the last look, so that a hint
 * too many, or one about a neighbour, costs a `stat` and nothing else.
 */
export function createWatch(clock: Pick<Clock, 'after'>): Watch {
  return (path, call) => {
    const name = basename(path);
    let seen = looksOf(path);
    let cancelLook = (): void => {};
    let ended = false;

    const look = (): void => {
      const now = looksOf(path);
      if (now === seen) return;
      seen = now;
      call();
    };
    const poll = (): void => {
      if (ended) return;
      look();
      cancelPoll = clock.after(POLL_MS, poll);
    };
    let cancelPoll = clock.after(POLL_MS, poll);
    const watcher = watchFolder(dirname(path), (changed) => {
      if (ended || (changed !== null && changed !== name)) return;
      cancelLook();
      cancelLook = clock.after(SETTLE_MS, look);
    });

    return () => {
      ended = true;
      cancelLook();
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
    return undefined;
  }
}

/** What tells two states of a file apart without reading it. An atomic replace changes the inode. */
function looksOf(path: string): string {
  try {
    const facts = statSync(path);
    return `${facts.ino} ${facts.size} ${facts.mtimeMs}`;
  } catch {
    return 'missing'; // also when it cannot be read: the reader finds out why and says so
  }
}
