import type { WorkerError } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Logger } from '../../log/logger.ts';
import { createStudioTallies, type StudioTallies } from '../metrics/studio-tallies.ts';
import { timedArtifacts, timedSql } from '../metrics/timed.ts';
import { ALONE, type StudioBus } from '../replicas/bus.ts';
import { createPostgresBus } from '../replicas/postgres-bus.ts';
import type { Sql } from '../../system/database/sql.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { ArtifactStore } from './artifacts.ts';
import { assertOperatorToken, loadOperatorToken, OPERATOR_TOKEN_FILE } from './operator-token.ts';
import { openArtifacts, type StudioDataEffects, type StudioPlace, usableFolder } from './places.ts';
import { openPostgresStore } from './postgres-store.ts';
import { type KeptPages, openKeptPages } from './sign-ins-file.ts';
import { openSqliteStore } from './sqlite-store.ts';
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
