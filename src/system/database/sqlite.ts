import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { codeOf, isDatabaseLocked } from '../../base/system-code.ts';
import { type Clock, systemClock } from '../clock.ts';
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

/** How long work waits for another process that writes to the file, from when it was asked for, and how often it is tried. */
const BUSY = { maxMs: 20_000, firstMs: 1, longestMs: 20 } as const;

/**
 * SQLite on one connection; `:memory:` names a database without a file. A statement runs inside the call that starts it,
 * but a transaction spans several turns of the event loop, and whatever else runs meanwhile on the same connection would
 * become a part of it. So all work goes through one queue, in order.
 *
 * While another process writes, work waits for up to twenty seconds, and the event loop goes on; the first statement of
 * all does not wait. What waited in vain has done nothing and fails with `SQLITE_BUSY`.
 */
export function openSqlite(path: string, clock: Pick<Clock, 'after' | 'elapsed'> = systemClock): Sql {
  const database = new Bun.SQL({ adapter: 'sqlite', filename: path, create: true });
  let isOpen = false;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: (retried: Query) => Promise<T>): Promise<T> => {
    const deadline = clock.elapsed() + BUSY.maxMs;
    const retried: Query = async (text, params) => {
      const rows = await untilFree(clock, isOpen ? deadline : 0, () => run(database, text, params));
      isOpen = true;
      return rows;
    };
    const inOrder = (): Promise<T> => work(retried);
    const result = queue.then(inOrder, inOrder);
    queue = result.catch(() => {}); // the caller gets it; the next in the queue need not
    return result;
  };
  const query: Query = (text, params) => run(database, text, params);
  const durable: Sql['durable'] = (work) => inTurn((retried) => transaction({ database, retried }, () => work(query)));
  return {
    dialect: 'sqlite',
    query: (text, params) => inTurn((retried) => retried(text, params)),
    durable,
    locking: durable, // one connection: whoever comes later waits for the whole transaction
    close: () => inTurn(() => database.close()),
  };
}

/** A statement that finds the file locked has done nothing, so that it can be repeated. */
async function untilFree<T>(
  clock: Pick<Clock, 'after' | 'elapsed'>,
  deadline: number,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let waitMs: number = BUSY.firstMs; ; waitMs = Math.min(waitMs * 2, BUSY.longestMs)) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isDatabaseLocked(thrown) || clock.elapsed() >= deadline) throw thrown;
    }
    await pause(clock, waitMs);
  }
}

type SqlHandle = Pick<InstanceType<typeof Bun.SQL>, 'unsafe'>;

interface Transacting {
  readonly database: SqlHandle;
  readonly retried: Query;
}

/** FULL syncs the log at commit, and with it all that was written before (sqlite.org/pragma.html#pragma_synchronous). */
async function transaction<T>({ database, retried }: Transacting, work: () => Promise<T>): Promise<T> {
  // Two statements a call: preparing each costs more than running it. From here on nobody else writes.
  await retried('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
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
