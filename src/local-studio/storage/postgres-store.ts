import { errorChain, WorkerError } from '../../base/errors.ts';
import { isDatabaseGone, sqlStateOf } from '../../base/system-code.ts';
import type { Postgres } from '../../system/database/postgres.ts';
import type { Sql } from '../../system/database/sql.ts';
import { assertArrived } from './moving/arrival.ts';
import { migratePostgres } from './sql/postgres-schema.ts';
import { createSqlStore } from './sql/sql-store.ts';
import type { Store } from './store.ts';

/** Older servers are supported by nobody (postgresql.org/support/versioning). */
const MIN_SERVER_VERSION = 130_000;

/**
 * Opens the store in a PostgreSQL database, which any number of studios may share. The store works on what `watched` makes
 * of it.
 *
 * @throws WorkerError as `openPostgresDatabase`, and `studio.data-in-use` while a studio is on its way there
 */
export async function openPostgresStore(
  sql: Postgres,
  shownUrl: string,
  watched = (plain: Sql): Sql => plain,
): Promise<Store> {
  await openPostgresDatabase(sql, shownUrl);
  try {
    await assertArrived(sql.query, shownUrl);
    return createSqlStore(watched(sql));
  } catch (thrown) {
    await sql.close();
    throw thrown;
  }
}

/**
 * Brings the database to this release's schema; closes it when that fails. Errors name it without its password.
 *
 * @throws WorkerError `studio.database-unusable` | `studio.data-newer` | `studio.data-damaged` | `disk.full`
 */
export async function openPostgresDatabase(sql: Postgres, shownUrl: string): Promise<void> {
  try {
    const [row] = await sql.query("SELECT current_setting('server_version_num')::integer AS version");
    const version = Number(row?.['version']);
    if (version < MIN_SERVER_VERSION) throw tooOld(shownUrl, version);
    await migratePostgres(sql);
  } catch (thrown) {
    await sql.close();
    throw unusableDatabase(shownUrl, thrown);
  }
}

const tooOld = (url: string, version: number): WorkerError =>
  new WorkerError('studio.database-unusable', `${url} is PostgreSQL ${Math.floor(version / 10_000)}`, {
    hint: `Use PostgreSQL ${MIN_SERVER_VERSION / 10_000} or newer.`,
  });

/** What the server says by its codes (postgresql.org/docs/current/errcodes-appendix.html), by their beginning. */
const REMEDIES: Readonly<Record<string, string>> = {
  '28': 'Check the user and the password in the URL, or in PGUSER and PGPASSWORD.',
  '3D': 'Create the database with `createdb`, or check its name in the URL.',
  '25006': 'Name the primary server and a user that may write: here everything is read-only.',
  '42501':
    "Let this user create tables (`GRANT CREATE ON SCHEMA public TO <user>`) and own the studio's, or make it the owner of the database.",
  '53300': 'Allow the server more connections (`max_connections`), or run fewer studios.',
};

/** What a failure of the database comes to. */
export function unusableDatabase(url: string, cause: unknown): WorkerError {
  if (cause instanceof WorkerError) return cause;
  const state = sqlStateOf(cause) ?? '';
  const remedy = Object.entries(REMEDIES).find(([begin]) => state.startsWith(begin))?.[1];
  if (remedy === undefined && state.startsWith('42')) {
    return new WorkerError('studio.data-damaged', `${url} holds tables that are not a studio's: ${errorChain(cause)}`, {
      cause,
      hint: 'Name a database of its own for the studio with `--database`.',
    });
  }
  const hint = isDatabaseGone(cause)
    ? 'Check that the server runs and that the host and the port in the URL are right.'
    : 'Check the URL of the database and the log of its server.';
  return new WorkerError('studio.database-unusable', `cannot use ${url}: ${errorChain(cause)}`, {
    cause,
    hint: remedy ?? hint,
  });
}
