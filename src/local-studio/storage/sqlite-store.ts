import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { Sql } from '../../system/database/sql.ts';
import { migrateSqlite } from './sql/sqlite-schema.ts';
import { createSqlStore } from './sql/sql-store.ts';
import type { Store } from './store.ts';

/** SQLITE_BUSY (sqlite.org/rescode.html): another process holds the file. */
const SQLITE_BUSY = 'SQLITE_BUSY';
const DATABASE = 'studio.sqlite';

/**
 * Opens the store in an SQLite file, which it keeps to itself: exclusive locking means that the system rejects a second
 * studio on the same file, and drops the lock however this process ends. The file holds prompts and results, which are
 * the operator's alone.
 *
 * @throws WorkerError `studio.data-in-use` | `studio.data-damaged` | `file.unusable` | `disk.full`
 */
export const openSqliteStore = async (folder: DataFolder): Promise<Store> =>
  createSqlStore(await openSqliteDatabase(folder));

/** The same for a studio that was there before: none is made. @throws WorkerError as it, `file.unusable` when missing */
export async function openKnownSqliteDatabase(folder: DataFolder): Promise<Sql> {
  if ((await folder.blob(DATABASE)) !== undefined) return openSqliteDatabase(folder);
  throw new WorkerError('file.unusable', `no studio keeps its data in ${folder.path}: it has no ${DATABASE}`, {
    hint: 'Name the folder that the studio printed as `data:` when it started.',
  });
}

/** The database alone, opened as the store opens it. */
export async function openSqliteDatabase(folder: DataFolder): Promise<Sql> {
  const path = folder.pathOf(DATABASE);
  try {
    return await openDatabase(folder);
  } catch (thrown) {
    throw thrown instanceof WorkerError ? thrown : unopened(path, thrown);
  }
}

async function openDatabase(folder: DataFolder): Promise<Sql> {
  const sql = folder.openSqlite(DATABASE);
  try {
    await sql.query('PRAGMA locking_mode = EXCLUSIVE');
    await sql.query('PRAGMA journal_mode = WAL');
    await sql.query('PRAGMA synchronous = NORMAL');
    await migrateSqlite(sql);
    return sql;
  } catch (thrown) {
    await sql.close();
    throw thrown;
  }
}

/** Not a database at all, one with broken pages, or one whose tables are not what a studio made. */
const DAMAGED = /^SQLITE_(?:NOTADB|CORRUPT|ERROR|SCHEMA|MISMATCH|CONSTRAINT)/;

function unopened(path: string, cause: unknown): WorkerError {
  const code = codeOf(cause) ?? '';
  if (code === SQLITE_BUSY) {
    return new WorkerError('studio.data-in-use', `another studio uses ${path}`, {
      cause,
      hint: 'Stop that studio first, or name another folder with `--data`.',
    });
  }
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
