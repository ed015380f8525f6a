import type { RegistrationRow, RegistrationTable } from '../tables/registrations.ts';
import type { Query, Row, Sql } from '../../../system/database/sql.ts';
import { maybeText, number, text } from './columns.ts';
import { putWorker } from './workers.ts';

/** Anyone may ask to be let in, so that what waits is bounded: the oldest request makes room. */
const MAX_PENDING = 1_000;

/** The table of registration requests, and that of bootstrap tokens. */
export const createSqlRegistrations = (sql: Sql): RegistrationTable => ({ ...requests(sql), ...bootstrapTokens(sql) });

type BootstrapTokens = Pick<RegistrationTable, 'addBootstrapToken' | 'spendBootstrapToken'>;

const requests = (sql: Sql): Omit<RegistrationTable, keyof BootstrapTokens> => ({
  add: (row) => sql.durable((query) => addRequest(query, row)),
  get: async (requestId) => first(await sql.query('SELECT * FROM registrations WHERE request_id = $1', [requestId])),
  pendingOf: async (installId) =>
    first(await sql.query("SELECT * FROM registrations WHERE install_id = $1 AND state = 'pending'", [installId])),
  pending: async () =>
    (await sql.query("SELECT * FROM registrations WHERE state = 'pending' ORDER BY created_at, request_id")).map(
      toRegistration,
    ),
  decide: (requestId, verdict) =>
    sql.locking(async (query) => {
      const decided = 'worker' in verdict ? ['approved', verdict.worker.id, ''] : ['rejected', null, verdict.reason];
      const changed = await query(
        `UPDATE registrations SET state = $1, worker_id = $2, reason = $3
         WHERE request_id = $4 AND state = 'pending' RETURNING request_id`,
        [...decided, requestId],
      );
      // The worker with it: an approval that names a worker nobody knows could not be redeemed, and the reverse is nobody's.
      if (changed.length > 0 && 'worker' in verdict) await putWorker(query, verdict.worker);
      return changed.length > 0;
    }),
});

const bootstrapTokens = (sql: Sql): BootstrapTokens => ({
  addBootstrapToken: (hash, expiresAt) =>
    sql.locking(async (query) => {
      await query('INSERT INTO bootstrap_tokens (hash, expires_at) VALUES ($1, $2)', [hash, expiresAt]);
    }),
  spendBootstrapToken: (hash, now) =>
    sql.locking(async (query) => {
      await query('DELETE FROM bootstrap_tokens WHERE expires_at <= $1', [now]);
      return (await query('DELETE FROM bootstrap_tokens WHERE hash = $1 RETURNING hash', [hash])).length > 0;
    }),
});

async function addRequest(query: Query, row: RegistrationRow): Promise<void> {
  await query("DELETE FROM registrations WHERE install_id = $1 AND state = 'pending'", [row.installId]);
  await query(
    `DELETE FROM registrations WHERE state = 'pending' AND request_id NOT IN (
       SELECT request_id FROM registrations WHERE state = 'pending' ORDER BY created_at DESC LIMIT $1)`,
    [MAX_PENDING - 1],
  );
  await query(
    `INSERT INTO registrations (request_id, install_id, secret_hash, capabilities, state, reason, worker_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      row.requestId,
      row.installId,
      row.secretHash,
      row.capabilities,
      row.state,
      row.reason,
      row.workerId ?? null,
      row.createdAt,
    ],
  );
}

const first = (rows: readonly Row[]): RegistrationRow | undefined => rows.map(toRegistration)[0];

const toRegistration = (row: Row): RegistrationRow => {
  const state = row['state'];
  return {
    requestId: text(row['request_id']),
    installId: text(row['install_id']),
    secretHash: text(row['secret_hash']),
    capabilities: text(row['capabilities']),
    state: state === 'approved' || state === 'rejected' ? state : 'pending',
    reason: text(row['reason']),
    workerId: maybeText(row['worker_id']),
    createdAt: number(row['created_at']),
  };
};
