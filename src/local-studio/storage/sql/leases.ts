import type { Sql } from '../../../system/database/sql.ts';
import { LEASE_MS, OFFER_LEASE_MS, STALE_MS } from '../../queue.ts';

/*
 * Leases of jobs. Where there is one studio, its timers say when a lease is over. Studios that share a database ask that:
 * its clock is the only one that they have in common.
 */

const NOW = '(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint';

/** The time that all studios on a database go by: its own, or that of the one studio that has it, which is a parameter. */
export const nowSql = ({ dialect }: Pick<Sql, 'dialect'>, param: string): string =>
  dialect === 'sqlite' ? param : NOW;

/** Parts of statements about jobs. */
interface LeaseSql {
  /** Begins the lease of a job that is offered, and of one that is accepted: more of `SET`. */
  readonly offers: string;
  readonly begins: string;
  /** The lease is over: more of `WHERE`. */
  readonly lapsed: string;
}

const LEASE_SQL: Readonly<Record<Sql['dialect'], LeaseSql>> = {
  sqlite: { offers: '', begins: '', lapsed: '' },
  postgres: {
    offers: `, lease_until = ${NOW} + ${OFFER_LEASE_MS}`,
    begins: `, lease_until = ${NOW} + ${LEASE_MS}`,
    lapsed: `AND lease_until <= ${NOW}`,
  },
};

/** The parts for this database. */
export const leaseSql = ({ dialect }: Pick<Sql, 'dialect'>): LeaseSql => LEASE_SQL[dialect];

/** Leases a running job for so long. */
export async function renewLease(sql: Sql, id: string, workerId: string, ms: number): Promise<boolean> {
  const held = `WHERE id = $1 AND worker_id = $2 AND state = 'running'`;
  const rows =
    sql.dialect === 'sqlite'
      ? await sql.query(`SELECT seq FROM jobs ${held}`, [id, workerId])
      : await sql.query(`UPDATE jobs SET lease_until = ${NOW} + $3 ${held} RETURNING seq`, [id, workerId, ms]);
  return rows.length > 0;
}

/** Whether a worker has a session somewhere that is not stale: a column. */
export const connectedSql = ({ dialect }: Pick<Sql, 'dialect'>): string =>
  dialect === 'sqlite' ? '0' : `(session_id IS NOT NULL AND beat_at > ${NOW} - ${STALE_MS})::integer`;

/** Where a heartbeat is written down: more of `SET`. */
export const beatSql = ({ dialect }: Pick<Sql, 'dialect'>): string =>
  dialect === 'sqlite' ? '' : `, beat_at = ${NOW}`;
