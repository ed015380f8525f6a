import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';
import { migrate } from './sql/migrations.ts';
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
 * @throws WorkerError `studio.data-in-use` | `disk.full`
 */
export async function openSqliteStore(folder: DataFolder): Promise<Store> {
  const sql = folder.openSqlite(DATABASE);
  try {
    await sql.query('PRAGMA locking_mode = EXCLUSIVE');
    await sql.query('PRAGMA journal_mode = WAL');
    await sql.query('PRAGMA synchronous = NORMAL');
    await migrate(sql);
  } catch (thrown) {
    await sql.close();
    if (codeOf(thrown) !== SQLITE_BUSY) throw thrown;
    throw new WorkerError('studio.data-in-use', `another studio uses ${folder.pathOf(DATABASE)}`, {
      cause: thrown,
      hint: 'Stop that studio first, or name another folder with `--data`.',
    });
  }
  return createSqlStore(sql);
}
