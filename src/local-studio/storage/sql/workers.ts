import type { WorkerDraft, WorkerRow, WorkerTable } from '../tables/workers.ts';
import type { Param, Query, Row, Sql } from '../../../system/database/sql.ts';
import { maybeNumber, maybeText, number, text } from './columns.ts';
import { beatSql, connectedSql } from './holds.ts';

/** The worker table; a removed worker keeps its row. */
export function createSqlWorkers(sql: Sql): WorkerTable {
  const select = `SELECT *, ${connectedSql(sql)} AS connected FROM workers`;
  return {
    get: async (id) => first(await sql.query(`${select} WHERE id = $1`, [id])),
    byInstall: async (installId) =>
      first(await sql.query(`${select} WHERE install_id = $1 AND deleted = 0`, [installId])),
    list: async () => (await sql.query(`${select} WHERE deleted = 0 ORDER BY created_at, id`)).map(toWorker),
    anyConnected: async () => {
      const isConnected = connectedSql(sql);
      const [row] = await sql.query(
        `SELECT *, ${isConnected} AS connected, COUNT(*) OVER () AS total FROM workers
         WHERE deleted = 0 AND ${isConnected} <> 0 LIMIT 1`,
      );
      return row && { worker: toWorker(row), count: number(row['total']) };
    },
    put: (worker) => sql.durable((query) => putWorker(query, worker)),
    setToken: (id, tokenHash) =>
      sql.locking(async (query) => {
        await query('UPDATE workers SET token_hash = $1 WHERE id = $2 AND deleted = 0', [tokenHash, id]);
      }),
    ...sessionsOf(sql),
    remove: (id) =>
      sql.locking(async (query) => {
        await query('DELETE FROM registrations WHERE worker_id = $1', [id]);
        const removed = await query('UPDATE workers SET deleted = 1 WHERE id = $1 AND deleted = 0 RETURNING id', [id]);
        return removed.length > 0;
      }),
  };
}

/** Adds it, or gives a known one new capabilities. */
export async function putWorker(query: Query, { id, installId, capabilities, createdAt }: WorkerDraft): Promise<void> {
  await query(
    `INSERT INTO workers (id, install_id, token_hash, capabilities, created_at, last_seen_at, deleted)
     VALUES ($1, $2, '', $3, $4, NULL, 0)
     ON CONFLICT (id) DO UPDATE SET capabilities = excluded.capabilities`,
    [id, installId ?? null, capabilities, createdAt],
  );
}

/** Only where studios share a database does it say which session is a worker's. */
function sessionsOf(sql: Sql): Pick<WorkerTable, 'welcome' | 'beat' | 'leave'> {
  const changes = async (text: string, params: readonly Param[]): Promise<boolean> =>
    (await sql.query(`UPDATE workers SET ${text} RETURNING id`, params)).length > 0;
  const isShared = sql.dialect === 'postgres';
  const [beat, begins, reports, its] = [
    beatSql(sql),
    isShared ? ', session_id = $4, max_jobs = $5' : '',
    isShared ? ', max_jobs = COALESCE($5, max_jobs)' : '',
    isShared ? 'AND session_id = $4' : '',
  ];
  return {
    welcome: async (id, { sessionId, capabilities, maxJobs, at }) => {
      const params = [id, capabilities, at, ...(isShared ? [sessionId, maxJobs] : [])];
      await changes(`capabilities = $2, last_seen_at = $3${beat}${begins} WHERE id = $1`, params);
    },
    beat: (id, { sessionId, at, capabilities, maxJobs }) =>
      changes(
        `last_seen_at = $2, capabilities = COALESCE($3, capabilities)${beat}${reports} WHERE id = $1 AND deleted = 0 ${its}`,
        [id, at, capabilities ?? null, ...(isShared ? [sessionId, maxJobs ?? null] : [])],
      ),
    leave: async (id, sessionId) =>
      !isShared ||
      (await changes('session_id = NULL, max_jobs = NULL WHERE id = $1 AND (session_id = $2 OR session_id IS NULL)', [
        id,
        sessionId,
      ])),
  };
}

const first = (rows: readonly Row[]): WorkerRow | undefined => rows.map(toWorker)[0];

const toWorker = (row: Row): WorkerRow => ({
  id: text(row['id']),
  installId: maybeText(row['install_id']),
  tokenHash: text(row['token_hash']),
  capabilities: text(row['capabilities']),
  createdAt: number(row['created_at']),
  lastSeenAt: maybeNumber(row['last_seen_at']),
  removed: number(row['deleted']) !== 0,
  connected: number(row['connected']) !== 0,
  maxJobs: maybeNumber(row['max_jobs']),
});
