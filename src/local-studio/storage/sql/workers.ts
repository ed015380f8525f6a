import type { WorkerRow, WorkerTable } from '../store.ts';
import type { Row, Sql } from '../../../system/database/sql.ts';
import { maybeNumber, maybeText, number, text } from './columns.ts';

/** The worker table; a deleted worker keeps its row. */
export function createSqlWorkers(sql: Sql): WorkerTable {
  return {
    get: async (id) => first(await sql.query('SELECT * FROM workers WHERE id = $1', [id])),
    byInstall: async (installId) =>
      first(await sql.query('SELECT * FROM workers WHERE install_id = $1 AND deleted = 0', [installId])),
    list: async () =>
      (await sql.query('SELECT * FROM workers WHERE deleted = 0 ORDER BY created_at, id')).map(toWorker),
    put: (worker) =>
      sql.durable(async (query) => {
        await query(
          `INSERT INTO workers (id, install_id, token_hash, capabilities, created_at, last_seen_at, deleted)
           VALUES ($1, $2, '', $3, $4, NULL, 0)
           ON CONFLICT (id) DO UPDATE SET capabilities = excluded.capabilities`,
          [worker.id, worker.installId ?? null, worker.capabilities, worker.createdAt],
        );
      }),
    setToken: (id, tokenHash) =>
      sql.durable(async (query) => {
        await query('UPDATE workers SET token_hash = $1 WHERE id = $2 AND deleted = 0', [tokenHash, id]);
      }),
    seen: async (id, capabilities, at) => {
      await sql.query('UPDATE workers SET capabilities = $1, last_seen_at = $2 WHERE id = $3', [capabilities, at, id]);
    },
    remove: (id) =>
      sql.durable(async (query) => {
        await query('DELETE FROM registrations WHERE worker_id = $1', [id]);
        const removed = await query('UPDATE workers SET deleted = 1 WHERE id = $1 AND deleted = 0 RETURNING id', [id]);
        return removed.length > 0;
      }),
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
  deleted: number(row['deleted']) !== 0,
});
