import { chmodSync, constants, linkSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { access, copyFile, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../base/system-code.ts';
import { discardTemporary, fail, syncFolder } from './disk/disk.ts';
import { isAlive } from './process/alive.ts';

/*
 * An executable that is replaced while it runs. At every moment there is a whole one at its place: the old one or the new.
 *
 *   Unix:     copy beside it ─▶ link the old one as `.previous` ─▶ rename the copy over it
 *   Windows:  copy beside it ─▶ rename the running one to `.previous` ─▶ rename the copy to its place, or back
 */

/** Where an executable is, and where the one that it replaced is kept. */
export interface ExecutablePlace {
  readonly path: string;
  readonly previous: string;
}

/** The places of an installed executable, which the installers know as well. */
export const executablePlace = (path: string): ExecutablePlace => ({
  path,
  previous: join(dirname(path), 'studio-worker.previous'),
});

const MODE = 0o755;
/** What a swap that was killed left behind. */
const LEFT_OVER = /^\.studio-worker\.(new|old)-\d+$/;

/** The system's reason why this account cannot replace the executable; undefined when it can. */
export async function whyNotReplaceable({ path }: ExecutablePlace): Promise<string | undefined> {
  try {
    await access(dirname(path), constants.W_OK);
    return undefined;
  } catch (thrown) {
    return codeOf(thrown) ?? String(thrown);
  }
}

/**
 * Puts a verified executable in the place of another one, which is kept as the previous one.
 *
 * @throws WorkerError `disk.full`; the system's own error otherwise. The old one is in its place then.
 */
export async function replaceExecutable(place: ExecutablePlace, fresh: string): Promise<void> {
  const folder = dirname(place.path);
  const beside = (kind: 'new' | 'old'): string => join(folder, `.studio-worker.${kind}-${process.pid}`);
  for (const name of readdirSync(folder)) if (LEFT_OVER.test(name)) rmSync(join(folder, name), { force: true });
  try {
    await copyFile(fresh, beside('new'));
    chmodSync(beside('new'), MODE); // and no set-user-id bit, whatever the archive had
    await flush(beside('new'));
    if (process.platform === 'win32') swapAside(place, beside('new'));
    else swapOver(place, beside('new'), beside('old'));
    syncFolder(folder);
  } catch (thrown) {
    for (const kind of ['new', 'old'] as const) discardTemporary(beside(kind));
    fail(thrown, place.path);
  }
}

/**
 * Removes what an installation that was killed left beside an executable: its folder with a whole unpacked release. The
 * installer writes the id of its process there first, and a folder whose process lives is at work.
 */
export function removeKilledInstallation({ path }: ExecutablePlace): void {
  const folder = join(dirname(path), '.studio-worker-install');
  try {
    const pid = Number.parseInt(readFileSync(join(folder, 'pid'), 'utf8'), 10);
    if (pid > 0 && !isAlive(pid)) rmSync(folder, { recursive: true, force: true });
  } catch {
    // There is none, or it is not ours to remove: the next installation does it, or says why it cannot.
  }
}

/** Puts the previous executable back into its place. False when there is none. */
export function restoreExecutable(place: ExecutablePlace): boolean {
  const replaced = join(dirname(place.path), 'studio-worker.replaced');
  try {
    if (process.platform === 'win32') {
      rmSync(replaced, { force: true });
      renameSync(place.path, replaced); // it runs, and goes with the next swap
    }
    renameSync(place.previous, place.path);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    return false;
  }
  syncFolder(dirname(place.path));
  return true;
}

function swapOver({ path, previous }: ExecutablePlace, fresh: string, kept: string): void {
  linkSync(path, kept);
  renameSync(kept, previous);
  renameSync(fresh, path);
}

function swapAside({ path, previous }: ExecutablePlace, fresh: string): void {
  rmSync(previous, { force: true });
  renameSync(path, previous);
  try {
    renameSync(fresh, path);
  } catch (thrown) {
    renameSync(previous, path);
    throw thrown;
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
