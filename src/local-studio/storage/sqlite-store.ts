import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { migrate } from './sql/migrations.ts';
import type { Param, Query, Row, Sql } from './sql/sql.ts';
import { createSqlStore } from './sql/sql-store.ts';
import type { Store } from './store.ts';

/** SQLITE_BUSY (sqlite.org/rescode.html): another process holds the file. */
const SQLITE_BUSY = 'SQLITE_BUSY';

/**
 * Opens the store in an SQLite file, which it keeps to itself: exclusive locking means that the system rejects a second
 * studio on the same file, and drops the lock however this process ends.
 *
 * @throws WorkerError `studio.data-in-use`
 */
export async function openSqliteStore(path: string): Promise<Store> {
  keepPrivate(path);
  const sql = createSqlite(path);
  try {
    await sql.query('PRAGMA locking_mode = EXCLUSIVE');
    await sql.query('PRAGMA journal_mode = WAL');
    await sql.query('PRAGMA synchronous = NORMAL');
    await migrate(sql);
  } catch (thrown) {
    await sql.close();
    if (codeOf(thrown) !== SQLITE_BUSY) throw thrown;
    throw new WorkerError('studio.data-in-use', `another studio uses ${path}`, {
      cause: thrown,
      hint: 'Stop that studio first, or name another folder with `--data`.',
    });
  }
  return createSqlStore(sql);
}

/**
 * It holds prompts and results, which are the operator's alone. SQLite gives its log the bits that it finds on the file,
 * so they are set before it opens it. A file that exists is not opened here: closing it would drop the locks that this
 * process has on it (fcntl(2)).
 */
function keepPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  for (const each of [path, `${path}-wal`]) if (existsSync(each)) chmodSync(each, 0o600);
}

/**
 * Bun.SQL on one SQLite connection. A statement runs inside the call that starts it, but a transaction spans several
 * turns of the event loop, and whatever else runs meanwhile on the same connection would become a part of it. So all
 * work goes through one queue, in order.
 */
export function createSqlite(path: string): Sql {
  const database = new Bun.SQL({ adapter: 'sqlite', filename: path, create: true });
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work, work);
    queue = result.catch(() => {}); // the caller gets it; the next in the queue need not
    return result;
  };
  return {
    query: (text, params) => inTurn(() => runOn(database, text, params)),
    durable: (work) =>
      inTurn(async () => {
        // FULL syncs the log at commit, and with it all that was written before (sqlite.org/pragma.html#pragma_synchronous).
        // Two statements a call: preparing each costs more than running it.
        await runOn(database, 'PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
        try {
          const result = await work(queryOn(database));
          await runOn(database, 'COMMIT; PRAGMA synchronous = NORMAL');
          return result;
        } catch (thrown) {
          // After some errors SQLite has rolled back by itself, and there is nothing left to roll back.
          await database.unsafe('ROLLBACK').catch(() => {});
          await database.unsafe('PRAGMA synchronous = NORMAL');
          throw thrown;
        }
      }),
    close: () => inTurn(() => database.close()),
  };
}

type SqlHandle = Pick<InstanceType<typeof Bun.SQL>, 'unsafe'>;

const queryOn =
  (handle: SqlHandle): Query =>
  (text, params) =>
    runOn(handle, text, params);

async function runOn(handle: SqlHandle, text: string, params: readonly Param[] = []): Promise<readonly Row[]> {
  try {
    return await handle.unsafe<Row[]>(numbered(text), [...params]);
  } catch (thrown) {
    if (codeOf(thrown) !== 'SQLITE_FULL') throw thrown;
    throw new WorkerError('disk.full', `no space left for the studio's data: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Free some space on that disk.',
    });
  }
}

/** SQLite takes `$1` for a name and numbers names as it meets them; `?1` is the first parameter wherever it stands. */
const numbered = (text: string): string => text.replaceAll(/\$(\d+)/g, '?$1');
