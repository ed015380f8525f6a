import { createStudioTallies, type StudioTallies } from '../metrics/studio-tallies.ts';
import { timedArtifacts, timedSql } from '../metrics/timed.ts';
import type { Sql } from '../../system/database/sql.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf, isDatabaseGone, sqlStateOf } from '../../base/system-code.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { OpenPostgres } from '../../system/database/postgres.ts';
import type { DataFolder, OpenDataFolder } from '../../system/disk/data-folder.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { BucketOptions } from '../../system/net/objects/bucket-options.ts';
import type { OpenBucket } from '../../system/net/objects/object-store.ts';
import type { Random } from '../../system/random.ts';
import { ALONE, type StudioBus } from '../replicas/bus.ts';
import { createPostgresBus } from '../replicas/postgres-bus.ts';
import type { ArtifactStore } from './artifacts.ts';
import { shownUrl } from '../../base/urls.ts';
import { openBucketArtifacts } from './bucket-artifacts.ts';
import { openDiskArtifacts } from './disk-artifacts.ts';
import { assertOperatorToken, loadOperatorToken, OPERATOR_TOKEN_FILE } from './operator-token.ts';
import { type KeptPages, openKeptPages } from './sign-ins-file.ts';
import { openPostgresDatabase, openPostgresStore, unusableDatabase } from './postgres-store.ts';
import type { ArtifactMove } from './moving/artifact-copies.ts';
import { openMoveJournal } from './moving/journal.ts';
import type { Moved } from './moving/mark.ts';
import { type MoveProgress, moveStudio } from './moving/move.ts';
import { MOVE_LOCK, openSqliteStore, openSqliteToMove, unusableFile } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** All that a studio keeps, opened. Whoever opened it closes the store, last of all. */
export interface StudioData {
  /** Absolute. */
  readonly dataDir: string;
  readonly store: Store;
  /** Resolves to `studio.moved` once the data was moved to another database: the studio ends then. */
  readonly moved: Promise<WorkerError>;
  /** The other studios on its database. */
  readonly bus: StudioBus;
  readonly artifacts: ArtifactStore;
  readonly operatorToken: string;
  /** Pages of the operator's that were let in. */
  readonly pages: KeptPages;
  /** The file with the operator token, unless that was handed in. */
  readonly tokenFile: string;
  /** What is counted from here on. */
  readonly tallies: StudioTallies;
}

/** A bucket of an S3-compatible store. */
export interface ArtifactPlace extends Pick<BucketOptions, 'bucket' | 'endpoint' | 'region' | 'credentials'> {
  /** As in `BucketArtifactsParts`. */
  readonly prefix: string;
  /** Whether `endpoint` is where those who ask for artifacts reach the store, too. */
  readonly redirects: boolean;
}

/** Where a studio keeps what it knows. */
export interface StudioPlace {
  /** A folder of this process alone, created when missing. */
  readonly dataDir: string;
  /** A PostgreSQL database that other studios may share, instead of a file in the folder. May hold a password. */
  readonly database?: string | undefined;
  /** A bucket for artifacts, instead of a folder. */
  readonly artifactStore?: ArtifactPlace | undefined;
  /** The operator token that all studios on one database have, instead of a file in the folder. */
  readonly operatorToken?: string | undefined;
}

/** A place to move to. */
export interface MovePlace extends StudioPlace {
  readonly database: string;
}

/** What opening the data takes of the outside world. */
export interface StudioDataEffects {
  readonly openDataFolder: OpenDataFolder;
  readonly openPostgres: OpenPostgres;
  readonly openBucket: OpenBucket;
  readonly clock: Pick<Clock, 'after' | 'elapsed' | 'now'>;
  readonly startSha256: () => RunningSha256;
  readonly random: Pick<Random, 'hex'>;
}

const ARTIFACTS = 'artifacts';

/** Connections that one studio holds to its database, its listener not counted. */
const MAX_CONNECTIONS = 10;

/**
 * Opens the data of a studio: its database, artifacts as files, and the operator token.
 *
 * @throws WorkerError `studio.data-in-use` | `studio.moved` | `studio.data-damaged` | `studio.data-newer` | `studio.database-unusable` |
 * `studio.bucket-unusable` |
 * `studio.token-weak` | `file.unusable` | `folder.unusable` | `disk.full`
 */
export async function openStudioData(place: StudioPlace, effects: StudioDataEffects, log: Logger): Promise<StudioData> {
  const folder = await usableFolder(place.dataDir, effects.openDataFolder);
  // The store first: a file's lock keeps a second studio off the same folder before that one touches anything else.
  const tallies = createStudioTallies();
  const watched = (sql: Sql): Sql => timedSql(sql, tallies, effects.clock);
  const { store, bus, moved } = await openStore({ database: place.database, folder, watched }, effects, log);
  try {
    const given = place.operatorToken;
    if (given !== undefined) assertOperatorToken(given);
    const operatorToken = given ?? (await loadOperatorToken(folder, effects.random, log));
    const artifacts = timedArtifacts(await openArtifacts(place, folder, effects), tallies, effects.clock);
    const tokenFile = folder.pathOf(OPERATOR_TOKEN_FILE);
    const pages = await openKeptPages(folder, log);
    return { dataDir: folder.path, store, moved, bus, artifacts, operatorToken, pages, tokenFile, tallies };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
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

async function openArtifacts(
  { artifactStore }: StudioPlace,
  folder: DataFolder,
  effects: StudioDataEffects,
): Promise<ArtifactStore> {
  const { startSha256, random } = effects;
  if (artifactStore === undefined) {
    return openDiskArtifacts(await usableFolder(folder.pathOf(ARTIFACTS), effects.openDataFolder), startSha256);
  }
  const { bucket, prefix, redirects } = artifactStore;
  return openBucketArtifacts({
    bucket: effects.openBucket(artifactStore, effects.clock),
    shownUrl: `s3://${bucket}/${prefix}`,
    prefix,
    redirects,
    random,
    startSha256,
  });
}

interface StoreOptions {
  readonly database: string | undefined;
  readonly folder: DataFolder;
  readonly watched: (sql: Sql) => Sql;
}

async function openStore(
  { database, folder, watched }: StoreOptions,
  effects: StudioDataEffects,
  log: Logger,
): Promise<Pick<StudioData, 'store' | 'bus' | 'moved'>> {
  if (database === undefined) return { ...(await openSqliteStore(folder, effects.clock, watched)), bus: ALONE };
  const { openPostgres, clock, random } = effects;
  const sql = openPostgres({ url: database, maxConnections: MAX_CONNECTIONS, clock });
  const store = await openPostgresStore(sql, shownUrl(database), watched);
  return { store, bus: createPostgresBus(sql, random.hex(8), log), moved: new Promise(() => {}) };
}

async function usableFolder(path: string, open: OpenDataFolder): Promise<DataFolder> {
  try {
    return await open(path);
  } catch (thrown) {
    throw new WorkerError('folder.unusable', `cannot write in ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for this account, or name another one with `--data`.',
    });
  }
}
