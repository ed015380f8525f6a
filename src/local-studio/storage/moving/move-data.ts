import { WorkerError } from '../../../base/errors.ts';
import { codeOf, isDatabaseGone, sqlStateOf } from '../../../base/system-code.ts';
import { shownUrl } from '../../../base/urls.ts';
import type { DataFolder } from '../../../system/disk/data-folder.ts';
import { ARTIFACTS, openArtifacts, type StudioDataEffects, type StudioPlace, usableFolder } from '../places.ts';
import { openPostgresDatabase, unusableDatabase } from '../postgres-store.ts';
import { MOVE_LOCK, openSqliteToMove, unusableFile } from '../sqlite-store.ts';
import type { ArtifactMove } from './artifact-copies.ts';
import { openMoveJournal } from './journal.ts';
import type { Moved } from './mark.ts';
import { type MoveProgress, moveStudio } from './move.ts';

/** A place to move to. */
export interface MovePlace extends StudioPlace {
  readonly database: string;
}

/**
 * Moves what a studio keeps in its folder to a database, and its artifacts to a bucket if one is named. The studio may run
 * meanwhile: it ends once it has moved. The folder keeps a copy of everything as it was then.
 *
 * @throws WorkerError as `openStudioData` and `moveStudio`; `file.unusable` when the folder holds no studio
 */
export async function moveStudioData(
  place: MovePlace,
  effects: StudioDataEffects,
  onProgress: (progress: MoveProgress) => void = () => {},
): Promise<Moved> {
  const folder = await usableFolder(place.dataDir, effects.openDataFolder);
  await using left = new AsyncDisposableStack();
  const from = left.adopt(await openSqliteToMove(folder), (sql) => sql.close());
  const lock = await folder.lock(MOVE_LOCK);
  if (lock.is === 'taken') throw isMoving(folder.path);
  left.defer(() => lock.release());
  const { clock } = effects;
  const sql = effects.openPostgres({ url: place.database, maxConnections: 1, clock });
  const to = { sql, shownUrl: shownUrl(place.database) };
  left.defer(() => sql.close());
  await openPostgresDatabase(sql, to.shownUrl);
  const artifacts = await artifactMove(place, folder, effects);
  const journal = left.use(await openMoveJournal(folder, effects.random));
  try {
    return await moveStudio({ folder: folder.path, from, to, artifacts, journal, clock, onProgress });
  } catch (thrown) {
    if ((codeOf(thrown) ?? '').startsWith('SQLITE_')) throw unusableFile(folder, thrown);
    throw isDatabaseGone(thrown) || sqlStateOf(thrown) !== undefined ? unusableDatabase(to.shownUrl, thrown) : thrown;
  }
}

const isMoving = (folder: string): WorkerError =>
  new WorkerError('studio.data-in-use', `the studio in ${folder} is being moved already`, {
    hint: 'Wait for the other `studio-worker studio migrate` to end.',
  });

/** The files are read as they lie there: they are those of a studio that may run. */
async function artifactMove(
  place: StudioPlace,
  folder: DataFolder,
  effects: StudioDataEffects,
): Promise<ArtifactMove | undefined> {
  const { artifactStore } = place;
  if (artifactStore === undefined) return undefined;
  const files = await usableFolder(folder.pathOf(ARTIFACTS), effects.openDataFolder);
  const { bucket, prefix, endpoint = '' } = artifactStore;
  return {
    from: { open: (name) => files.blob(name) },
    to: await openArtifacts(place, folder, effects),
    place: `s3://${bucket}/${prefix} ${shownUrl(endpoint)}`.trimEnd(),
  };
}
