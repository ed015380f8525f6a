import type { Clock } from '../../../system/clock.ts';
import type { Query, Sql } from '../../../system/database/sql.ts';
import { arrive, arrivingIn, reserve, type Target } from './arrival.ts';
import { type ArtifactCopies, type ArtifactMove, resumeCopies } from './artifact-copies.ts';
import { forgetChanges, noteChanges } from './changed-rows.ts';
import { copyAhead, copyRest } from './copy.ts';
import type { MoveJournal } from './journal.ts';
import { type Mark, markMoved, markOf, type Moved, movedError } from './mark.ts';

/*
 * A studio moves while it runs. Whatever ends this at any moment leaves one studio in charge, and a later run resumes:
 *
 *   1. the target is reserved: no studio starts on it
 *   2. artifacts and then rows are copied while the studio serves; what it changes is noted
 *   3. the old database is locked: the studio waits, and changes nothing
 *   4. the rest is copied, and is on the disk of the target; the old studio is still in charge
 *   5. the old database is marked and unlocked: the old studio ends
 *   6. the target lets studios start
 */

/** What a move takes: where the data is, and where it goes. */
export interface StudioMove {
  /** The folder of the old studio. */
  readonly folder: string;
  readonly from: Sql;
  readonly to: Target;
  /** Artifacts stay where they are without these. */
  readonly artifacts?: ArtifactMove | undefined;
  readonly journal: MoveJournal;
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly onProgress: (progress: MoveProgress) => void;
}

/** How far a move is. From `holding` on the old studio waits. */
export type MoveProgress =
  { readonly is: 'copied-artifact'; readonly copied: number; readonly of: number } | { readonly is: 'holding' };

/**
 * Moves a studio, which may run meanwhile, to a database that several studios share; ends what an earlier run began.
 *
 * @throws WorkerError `studio.moved` when it has moved already, `studio.database-unusable`, `disk.full`
 */
export async function moveStudio(move: StudioMove): Promise<Moved> {
  const { folder, from, to, journal } = move;
  const mark = (await markOf(from.query)) ?? (await untilMarked(move));
  // Only the move that marked the old database may open the new one.
  if ((await arrivingIn(to.sql.query)) !== mark.moveId) throw movedError(folder, mark);
  await arrive(to.sql, mark.moveId);
  await journal.remove();
  return mark.moved;
}

async function untilMarked(move: StudioMove): Promise<Mark> {
  const { from, to, artifacts, journal, clock, onProgress } = move;
  const { moveId } = journal;
  await reserve(to, moveId, clock);
  const onCopied = (copied: number, of: number): void => onProgress({ is: 'copied-artifact', copied, of });
  const copies = artifacts && (await resumeCopies(artifacts, journal, onCopied));
  await copies?.untilFew(from.query);
  await from.durable(noteChanges);
  try {
    await copies?.copyRest(from.query); // so that each job without its copy's name is noted
    await copyAhead(from.query, to, { moveId, renamed: copies?.renamed ?? new Map() });
    const mark = await from.durable((query) => finish(query, move, copies));
    await copies?.removeUnneeded();
    return mark;
  } catch (thrown) {
    await from.durable(forgetChanges).catch(() => {}); // the failure before it counts; a later run does it
    throw thrown;
  }
}

/** Copies the rest and marks the old database, within the transaction that holds it. */
async function finish(query: Query, move: StudioMove, copies: ArtifactCopies | undefined): Promise<Mark> {
  const { folder, to, journal, onProgress } = move;
  onProgress({ is: 'holding' });
  const other = await markOf(query);
  if (other !== undefined) throw movedError(folder, other);
  const counts = (await copies?.copyRest(query)) ?? { artifacts: 0, missing: 0 };
  const { moveId } = journal;
  const copied = await copyRest(query, to, { moveId, renamed: copies?.renamed ?? new Map() });
  await forgetChanges(query);
  const mark = { moveId, database: to.shownUrl, moved: { ...copied, ...counts } };
  await markMoved(query, mark);
  return mark;
}
