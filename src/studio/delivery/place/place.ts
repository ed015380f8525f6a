import { errorChain } from '../../../base/errors.ts';
import { codeOf } from '../../../base/system-code.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { FolderLinks } from '../../../system/folder-links.ts';

/*
 * Results are data, and may be large: they do not belong among the settings, which people copy, version and have roam with
 * their account. So they lie where the platform keeps data, and a link beside the config file leads there. Whoever looks
 * beside the config file finds them: commands, a release from before they were moved, and an account whose variables name
 * another folder for data today.
 */

/** Where an outbox may be. */
export interface OutboxPlaces {
  /** Beside the config file: the results themselves, or a link to them. */
  readonly beside: string;
  /** Where the platform keeps them; undefined where they stay beside the config file. */
  readonly home: string | undefined;
}

export interface PlaceDeps {
  readonly files: Files;
  readonly links: FolderLinks;
  readonly sha256: Sha256;
  readonly log: Logger;
}

/** The folder that holds the results, a link beside the config file followed. */
export const outboxFolder = async (beside: string, links: Pick<FolderLinks, 'targetOf'>): Promise<string> =>
  (await links.targetOf(beside)) ?? beside;

/**
 * Moves the results to where the platform keeps them, once, and gives the folder that holds them now. What cannot be moved
 * stays where it is, is logged, and is tried again at the next start. Only for whoever holds the lock of the config file.
 */
export async function placeOutbox({ beside, home }: OutboxPlaces, deps: PlaceDeps): Promise<string> {
  const { files, links, log } = deps;
  const target = await links.targetOf(beside);
  // A link of the operator's is followed by the system: what it leads to may be a disk that is not there.
  if (home === undefined || (target !== undefined && target !== home)) return beside;
  if (target === home) return home;
  try {
    // Never from a volume that is kept to one that may not be, such as the layer of a container.
    if (!(await links.onOneFileSystem(beside, home)) || (await isOneFolder(beside, home, files))) return beside;
    if (await moveTo(home, beside, deps)) log.info('outbox.moved', { path: beside, target: home });
    return home;
  } catch (thrown) {
    log.info('outbox.not-moved', { path: beside, target: home, error: errorChain(thrown) });
    return (await files.kindOf(beside)) === undefined && (await files.stat(home)) !== undefined ? home : beside;
  }
}

/** Whether the folders around them are one already, by a link of the operator's. */
const isOneFolder = async (a: string, b: string, files: Files): Promise<boolean> =>
  (await files.isSamePlace(a, b)) || (await files.isSamePlace(parentOf(a), parentOf(b)));

/**
 * Whether there was a folder to move. A crash at any step leaves each result in one of the two folders, and the next start
 * goes on.
 */
async function moveTo(home: string, beside: string, deps: PlaceDeps): Promise<boolean> {
  const { files, links } = deps;
  const link = `${beside}.link`;
  await links.make(link, home); // first, since some file systems have no links
  try {
    const isThere = (await files.kindOf(beside)) !== undefined;
    if (isThere) await moveFolder(beside, home, deps);
    await files.makeDir(home, { mode: 0o700 });
    await files.rename(link, beside);
    return isThere;
  } catch (thrown) {
    await links.remove(link).catch(() => {});
    throw thrown;
  }
}

/** Both exist after a crash, or when a release from before the move ran in between: then they become one first. */
async function moveFolder(from: string, to: string, deps: PlaceDeps): Promise<void> {
  const { files } = deps;
  if ((await files.stat(to)) !== undefined) {
    await (await copying()).copyResults(to, from, deps);
    await files.remove(to);
  }
  await files.makeDir(parentOf(to), { mode: 0o700 });
  try {
    await files.rename(from, to);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EXDEV') throw thrown;
    await copyAcross(from, to, deps); // one file system, mounted for an isolated service once for each folder
  }
}

async function copyAcross(from: string, to: string, deps: PlaceDeps): Promise<void> {
  const { files } = deps;
  const unfinished = `${to}.unfinished`;
  await files.remove(unfinished);
  try {
    await (await copying()).copyResults(from, unfinished, deps);
    await files.rename(unfinished, to);
  } catch (thrown) {
    await files.remove(unfinished).catch(() => {});
    throw thrown;
  }
  await files.remove(from);
}

/** Not loaded by the starts that move nothing, which are all but one. */
const copying = () => import('./copy-results.ts');

const parentOf = (path: string): string => path.replace(/[/\\][^/\\]*$/, '');
