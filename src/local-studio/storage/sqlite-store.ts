import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf, isDatabaseLocked } from '../../base/system-code.ts';
import type { Clock } from '../../system/clock.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { Sql } from '../../system/database/sql.ts';
import { every } from '../every.ts';
import { forgetChanges, notesChanges } from './moving/changed-rows.ts';
import { isMarked, markOf, movedError } from './moving/mark.ts';
import { isCurrentSqlite, migrateSqlite } from './sql/sqlite-schema.ts';
import { createSqlStore } from './sql/sql-store.ts';
import type { Store } from './store.ts';

const DATABASE = 'studio.sqlite';
/** Held by the one studio of a folder. */
const LOCK = 'studio.lock';
/** Held by the one move from a folder. */
export const MOVE_LOCK = 'migration.lock';
/** How often a studio that changes nothing looks whether its database has moved, in milliseconds. */
const MOVED_CHECK_MS = 5_000;

/** The store in an SQLite file. */
export interface SqliteStore {
  readonly store: Store;
  /** Resolves to `studio.moved` once the database was moved from under it: the studio ends then. */
  readonly moved: Promise<WorkerError>;
}

/**
 * Opens the store in an SQLite file, for the one studio of the folder: a lock keeps off a second one, and is dropped
 * however this process ends. The file holds prompts and results, which are the operator's alone. The store works on what
 * `watched` makes of the database.
 *
 * @throws WorkerError `studio.data-in-use` | `studio.moved` | `studio.data-damaged` | `file.unusable` | `disk.full`
 */
export async function openSqliteStore(
  folder: DataFolder,
  clock: Pick<Clock, 'after'>,
  watched = (plain: Sql): Sql => plain,
): Promise<SqliteStore> {
  const lock = await folder.lock(LOCK);
  if (lock.is === 'taken') throw inUse(folder.pathOf(DATABASE));
  try {
    const sql = await openSqliteDatabase(folder);
    const moved = Promise.withResolvers<WorkerError>();
    const disarm = every(clock, MOVED_CHECK_MS, () => {
      void markOf(sql.query).then(
        (mark) => {
          if (mark !== undefined) moved.resolve(movedError(folder.path, mark));
        },
        () => {},
      ); // whoever needs the database sees what is wrong with it
    });
    const close = async (): Promise<void> => {
      disarm();
      await sql.close();
      lock.release();
    };
    const shared = { ...sharedSql(sql, folder, moved.resolve), close };
    return { store: createSqlStore(watched(shared)), moved: moved.promise };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** The database alone, opened as the store opens it. */
export const openSqliteDatabase = (folder: DataFolder): Promise<Sql> =>
  openDatabase(folder, async (sql) => {
    const mark = await markOf(sql.query);
    if (mark !== undefined) throw movedError(folder.path, mark);
    await migrateSqlite(sql);
    await endAbandonedMove(folder, sql);
  });

/** A move that was killed would have changes noted for ever. */
async function endAbandonedMove(folder: DataFolder, sql: Sql): Promise<void> {
  if (!(await notesChanges(sql.query))) return;
  const lock = await folder.lock(MOVE_LOCK);
  if (lock.is === 'taken') return;
  await sql.durable(forgetChanges).finally(() => lock.release());
}

/** Other processes may hold the database, and move it. */
function sharedSql(sql: Sql, folder: DataFolder, onMoved: (error: WorkerError) => void): Sql {
  const explain = async (thrown: unknown): Promise<never> => {
    if (isDatabaseLocked(thrown)) throw heldTooLong(folder.pathOf(DATABASE), thrown);
    const mark = isMarked(thrown) ? await markOf(sql.query) : undefined;
    if (mark === undefined) throw thrown;
    const error = movedError(folder.path, mark);
    onMoved(error);
    throw error;
  };
  return {
    dialect: sql.dialect,
    query: (text, params) => sql.query(text, params).catch(explain),
    durable: (work) => sql.durable(work).catch(explain),
    locking: (work) => sql.locking(work).catch(explain),
    close: () => sql.close(),
  };
}

/**
 * Opens the database of a studio that was there before, for a move, whether the studio runs or not and whether it has
 * moved or not.
 *
 * @throws WorkerError as `openSqliteStore`; `file.unusable` when there is none, `studio.data-in-use` when a studio of
 * another release runs on it
 */
export async function openSqliteToMove(folder: DataFolder): Promise<Sql> {
  if ((await folder.blob(DATABASE)) === undefined) {
    throw new WorkerError('file.unusable', `no studio keeps its data in ${folder.path}: it has no ${DATABASE}`, {
      hint: 'Name the folder that the studio printed as `data:` when it started.',
    });
  }
  const lock = await folder.lock(LOCK);
  if (lock.is === 'taken') return openDatabase(folder, (sql) => assertSameRelease(sql, folder.pathOf(DATABASE)));
  try {
    return await openDatabase(folder, async (sql) => {
      if ((await markOf(sql.query)) === undefined) await migrateSqlite(sql);
    });
  } finally {
    lock.release();
  }
}

/** Its tables are changed by no other release while it runs. */
async function assertSameRelease({ query }: Sql, path: string): Promise<void> {
  if (await isCurrentSqlite(query)) return;
  throw new WorkerError('studio.data-in-use', `a studio of another release uses ${path}`, {
    hint: 'Start that studio with this release first, or stop it.',
  });
}

async function openDatabase(folder: DataFolder, prepare: (sql: Sql) => Promise<void>): Promise<Sql> {
  const sql = folder.openSqlite(DATABASE);
  try {
    await sql.query('PRAGMA journal_mode = WAL');
    await sql.query('PRAGMA synchronous = NORMAL');
    await prepare(sql);
    return sql;
  } catch (thrown) {
    await sql.close();
    throw unusableFile(folder, thrown);
  }
}

const inUse = (path: string, cause?: unknown): WorkerError =>
  new WorkerError('studio.data-in-use', `another studio uses ${path}`, {
    cause,
    hint: 'Stop that studio first, or name another folder with `--data`.',
  });

const heldTooLong = (path: string, cause: unknown): WorkerError =>
  new WorkerError('studio.data-in-use', `another process keeps ${path} locked`, {
    cause,
    hint: 'Wait for `studio-worker studio migrate` to end, or end what else has the file open.',
  });

/** Not a database at all, one with broken pages, or one whose tables are not what a studio made. */
const DAMAGED = /^SQLITE_(?:NOTADB|CORRUPT|ERROR|SCHEMA|MISMATCH|CONSTRAINT)/;

/** What a failure of the database comes to. */
export function unusableFile(folder: Pick<DataFolder, 'pathOf'>, cause: unknown): WorkerError {
  if (cause instanceof WorkerError) return cause;
  const path = folder.pathOf(DATABASE);
  const code = codeOf(cause) ?? '';
  if (isDatabaseLocked(cause)) return inUse(path, cause);
  if (DAMAGED.test(code)) {
    return new WorkerError('studio.data-damaged', `${path} is no database of a studio: ${errorChain(cause)}`, {
      cause,
      hint: 'Restore it from a backup, or move it and its `-wal` file away to begin with an empty queue.',
    });
  }
  return new WorkerError('file.unusable', `cannot open ${path}: ${errorChain(cause)}`, {
    cause,
    hint: 'Let this account read and write the file, or name another folder with `--data`.',
  });
}
