import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import type { Param, Query, Row, Sql } from './sql.ts';

/** SQLite in a file that only its owner may read, created when missing. */
export function openPrivateSqlite(path: string): Sql {
  keepPrivate(path);
  return openSqlite(path);
}

/**
 * SQLite gives its log the bits that it finds on the file, so they are set before it opens it. A file that exists is not
 * opened here: closing it would drop the locks that this process has on it (fcntl(2)).
 */
function keepPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  for (const each of [path, `${path}-wal`]) if (existsSync(each)) chmodSync(each, 0o600);
}

/**
 * SQLite on one connection; `:memory:` names a database without a file. A statement runs inside the call that starts it,
 * but a transaction spans several turns of the event loop, and whatever else runs meanwhile on the same connection would
 * become a part of it. So all work goes through one queue, in order.
 */
export function openSqlite(path: string): Sql {
  const database = new Bun.SQL({ adapter: 'sqlite', filename: path, create: true });
  const query: Query = (text, params) => run(database, text, params);
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work, work);
    queue = result.catch(() => {}); // the caller gets it; the next in the queue need not
    return result;
  };
  return {
    dialect: 'sqlite',
    query: (text, params) => inTurn(() => query(text, params)),
    durable: (work) => inTurn(() => transaction(database, () => work(query))),
    locking: (work) => inTurn(() => transaction(database, () => work(query))), // nobody else is there
    close: () => inTurn(() => database.close()),
  };
}

type SqlHandle = Pick<InstanceType<typeof Bun.SQL>, 'unsafe'>;

/** FULL syncs the log at commit, and with it all that was written before (sqlite.org/pragma.html#pragma_synchronous). */
async function transaction<T>(database: SqlHandle, work: () => Promise<T>): Promise<T> {
  // Two statements a call: preparing each costs more than running it.
  await run(database, 'PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
  try {
    const result = await work();
    await run(database, 'COMMIT; PRAGMA synchronous = NORMAL');
    return result;
  } catch (thrown) {
    // After some errors SQLite has rolled back by itself, and there is nothing left to roll back.
    await database.unsafe('ROLLBACK').catch(() => {});
    await database.unsafe('PRAGMA synchronous = NORMAL');
    throw thrown;
  }
}

async function run(database: SqlHandle, text: string, params: readonly Param[] = []): Promise<readonly Row[]> {
  try {
    return await database.unsafe<Row[]>(numbered(text), [...params]);
  } catch (thrown) {
    if (codeOf(thrown) !== 'SQLITE_FULL') throw thrown;
    throw new WorkerError('disk.full', `no space left for the database: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Free some space on that disk.',
    });
  }
}

/** SQLite takes `$1` for a name and numbers names as it meets them; `?1` is the first parameter wherever it stands. */
const numbered = (text: string): string => text.replaceAll(/\$(\d+)/g, '?$1');
