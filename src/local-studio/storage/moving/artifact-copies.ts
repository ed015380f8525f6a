import { codeOf } from '../../../base/system-code.ts';
import type { Query } from '../../../system/database/sql.ts';
import type { ArtifactStore } from '../artifacts.ts';
import { unusableBucket } from '../bucket-artifacts.ts';
import { artifactsOf, type KnownArtifact } from './copy.ts';
import type { MoveJournal } from './journal.ts';

/** Where artifacts are, and where they go. */
export interface ArtifactMove {
  readonly from: Pick<ArtifactStore, 'open'>;
  readonly to: Pick<ArtifactStore, 'begin' | 'remove'>;
  /** Names the new place in the journal and to people. */
  readonly place: string;
}

/** How many artifacts have a copy, and how many have none since their file is gone. */
export interface CopyCounts {
  readonly artifacts: number;
  readonly missing: number;
}

/** The copies that a move made of artifacts. */
export interface ArtifactCopies {
  /** Their new names by the old ones. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Copies what is there, and what is added meanwhile, until hardly anything is. */
  untilFew(query: Query): Promise<void>;
  /** Copies what is there and has no copy. */
  copyRest(query: Query): Promise<CopyCounts>;
  /** Removes the copies of artifacts that were removed meanwhile. A copy that cannot be removed stays. */
  removeUnneeded(): Promise<void>;
}

/** Passes end with one that copied so few, or after so many. */
const FEW = 20;
const MAX_PASSES = 10;
/** Copied at the same time. */
const AT_ONCE = 4;

/** Begins with the copies that an interrupted run made. `onCopied` is called after each one, with how many there are of all. */
export async function resumeCopies(
  move: ArtifactMove,
  journal: MoveJournal,
  onCopied: (copied: number, of: number) => void,
): Promise<ArtifactCopies> {
  const { place, to } = move;
  const renamed = new Map(await journal.copiedTo(place));
  let known: readonly KnownArtifact[] = [];
  const copyRest = async (query: Query): Promise<CopyCounts> => {
    known = await artifactsOf(query);
    const rest = known.filter(({ name }) => !renamed.has(name));
    let artifacts = known.length - rest.length;
    await inParallel(rest, async (artifact) => {
      const name = await copyArtifact(move, artifact);
      if (name === undefined) return;
      await journal.addCopy(place, artifact.name, name);
      renamed.set(artifact.name, name);
      onCopied(++artifacts, known.length);
    });
    return { artifacts, missing: known.length - artifacts };
  };
  return {
    renamed,
    copyRest,
    untilFew: async (query) => {
      for (let pass = 0; pass < MAX_PASSES; pass++) {
        const before = renamed.size;
        await copyRest(query);
        if (renamed.size - before <= FEW) return;
      }
    },
    removeUnneeded: async () => {
      const needed = new Set(known.map(({ name }) => name));
      const unneeded = [...renamed].filter(([name]) => !needed.has(name));
      // At worst a copy that no job names stays there.
      await inParallel(unneeded, ([, copy]) => to.remove(copy).catch(() => {}));
    },
  };
}

/** The first failure ends it, once what was begun has ended. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const one = async (): Promise<void> => {
    try {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    } catch (thrown) {
      waiting.length = 0;
      throw thrown;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, one));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * The name of the copy; undefined when there is nothing to copy.
 *
 * @throws WorkerError `studio.bucket-unusable`
 */
async function copyArtifact(
  { from, to, place }: ArtifactMove,
  { name, jobId, ext }: KnownArtifact,
): Promise<string | undefined> {
  const bytes = await from.open(name);
  if (bytes === undefined) return undefined;
  const there = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => Promise.reject(unusableBucket(place, thrown)));
  const writer = await there(to.begin());
  try {
    for await (const chunk of bytes instanceof Blob ? bytes.stream() : bytes) await there(writer.write(chunk));
    return (await there(writer.keep(jobId, ext))).name;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined; // the studio has just removed it
    throw thrown;
  } finally {
    await writer.discard().catch(() => {}); // the failure before it counts
  }
}
