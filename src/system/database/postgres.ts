import { errorChain, WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { isDatabaseGone, sqlStateOf } from '../../base/system-code.ts';
import type { Clock } from '../clock.ts';
import type { Param, Query, Row, Sql } from './sql.ts';

/** What a database of many processes offers beyond SQL. */
export interface Postgres extends Sql {
  /** One transaction that no other holder of the same lock runs at the same time, whichever process it is in. */
  alone<T>(lock: number, work: (query: Query) => Promise<T>): Promise<T>;
  /**
   * Calls back for each payload that any process sends to the channel. `onConnected` is called at first and after each
   * lost connection: what was sent in between is lost.
   */
  listen(channel: string, onPayload: (payload: string) => void, onConnected: () => void): Promise<() => Promise<void>>;
  /** Sends to all that listen, in this process too. A payload has fewer than 8,000 bytes. */
  notify(channel: string, payload: string): Promise<void>;
}

/** Where a server is, and how many connections this process may hold to it, the listening one not counted. */
export interface PostgresOptions {
  /** `postgres://…`, which may hold a password: never to be logged. */
  readonly url: string;
  readonly maxConnections: number;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
}

/** Seconds until a server that does not answer counts as unreachable. */
const CONNECT_SECONDS = 10;
/** Milliseconds. A process that hangs in the middle of a transaction holds no row for longer. */
const SERVER_LIMITS = {
  statement_timeout: 30_000,
  lock_timeout: 20_000,
  idle_in_transaction_session_timeout: 30_000,
  idle_session_timeout: 0,
} as const;
/** Transactions that lost against another one run again; each time one of them wins. */
const MAX_TRIES = 50;
/** So many are made without a wait, which is what two that meet need. */
const FREE_TRIES = 3;
/** `serialization_failure`, `deadlock_detected` (postgresql.org/docs/current/errcodes-appendix.html). */
const LOST_A_RACE = new Set(['40001', '40P01']);
const DISK_FULL = '53100';
const SYNCED = 'SET LOCAL synchronous_commit = on';
/** Each statement sees what was committed before it. */
const READ_COMMITTED = 'isolation level read committed';

/** Opens a pool of connections to a server. */
export type OpenPostgres = typeof openPostgres;

/** Connects at the first statement, not here. */
export function openPostgres({ url, maxConnections, clock }: PostgresOptions): Postgres {
  let isOpen = false;
  const pool = new Bun.SQL({
    adapter: 'postgres',
    url,
    max: maxConnections,
    connectionTimeout: CONNECT_SECONDS,
    // Not synced, as `Sql.query` says; a transaction that must be on the disk asks for that itself.
    connection: { application_name: 'studio-worker studio', synchronous_commit: 'off', ...SERVER_LIMITS },
  });
  const begin = <T>(level: string, first: string, work: (query: Query) => Promise<T>): Promise<T> =>
    pool.begin(level, async (transaction) => {
      const query: Query = (text, params) => run(transaction, text, params);
      await query(first);
      return await work(query);
    });
  // A wrong URL is reported at once; a server that was there will be back.
  const whileAway = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const result = await (isOpen ? untilBack(clock, attempt) : attempt());
    isOpen = true;
    return result;
  };
  const serializable = <T>(work: (query: Query) => Promise<T>): Promise<T> =>
    begin('isolation level serializable', SYNCED, work);
  // Read committed: what the holder before wrote is seen once the lock is here.
  const locked = <T>(lock: number, work: (query: Query) => Promise<T>): Promise<T> =>
    begin(READ_COMMITTED, `SELECT pg_advisory_xact_lock(${lock})`, work);
  return {
    dialect: 'postgres',
    query: (text, params) => whileAway(() => run(pool, text, params)),
    durable: (work) => whileAway(() => untilWon(clock, () => serializable(work))),
    locking: (work) => whileAway(() => untilWon(clock, () => begin(READ_COMMITTED, SYNCED, work))),
    alone: (lock, work) => whileAway(() => locked(lock, work)),
    listen: async (channel, onPayload, onConnected) => {
      const subscription = await pool.listen(channel, onPayload, onConnected);
      return () => subscription.unlisten();
    },
    notify: (channel, payload) => pool.notify(channel, payload),
    close: () => pool.close(),
  };
}

/** A server that restarts is waited for so long, and asked so often. */
const AWAY = { maxMs: 20_000, firstMs: 50, longestMs: 1_000 } as const;

/**
 * Tries again while no server answers. What was sent before the connection broke may have happened: every change of the
 * studio's names the state that it expects, so that its repetition changes nothing.
 */
async function untilBack<T>(clock: PostgresOptions['clock'], attempt: () => Promise<T>): Promise<T> {
  const deadline = clock.elapsed() + AWAY.maxMs;
  for (let waitMs: number = AWAY.firstMs; ; waitMs = Math.min(waitMs * 2, AWAY.longestMs)) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isDatabaseGone(thrown) || clock.elapsed() >= deadline) throw thrown;
    }
    await pause(clock, waitMs);
  }
}

/** Waits a little longer each time, so that many who want the same do not keep each other from it. */
async function untilWon<T>(clock: PostgresOptions['clock'], attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (tries === MAX_TRIES || !LOST_A_RACE.has(sqlStateOf(thrown) ?? '')) throw thrown;
    }
    if (tries > FREE_TRIES) await pause(clock, tries);
  }
}

type SqlHandle = Pick<InstanceType<typeof Bun.SQL>, 'unsafe'>;

async function run(handle: SqlHandle, text: string, params: readonly Param[] = []): Promise<readonly Row[]> {
  try {
    return await handle.unsafe<Row[]>(text, params.map(storable));
  } catch (thrown) {
    if (sqlStateOf(thrown) !== DISK_FULL) throw thrown;
    throw new WorkerError('disk.full', `no space left for the database: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Free some space on the database server.',
    });
  }
}

/** PostgreSQL keeps no NUL in a text; the character that stands for what cannot be shown takes its place. */
const storable = (param: Param): Param => (typeof param === 'string' ? param.replaceAll('\0', '\u{FFFD}') : param);
