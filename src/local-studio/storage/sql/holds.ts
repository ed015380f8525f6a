import type { Sql } from '../../../system/database/sql.ts';
import { HOLD_MS, OFFER_HOLD_MS, STALE_MS } from '../../queue/timing.ts';

/*
 * Until when a job is its worker's: the column `lease_until`. Where there is one studio, its timers say when that is over.
 * Studios that share a database ask that: its clock is the only one that they have in common.
 */

/** When the statement began. Not `clock_timestamp()`, which goes on while it runs: no index finds what is before or after that. */
const NOW = '(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint';

/** The time that all studios on a database go by: its own, or that of the one studio that has it, which is a parameter. */
export const nowSql = ({ dialect }: Pick<Sql, 'dialect'>, param: string): string =>
  dialect === 'sqlite' ? param : NOW;

/** Parts of statements about jobs. */
interface HoldSql {
  /** Begins the hold on a job that is offered, and on one that is accepted: more of `SET`. */
  readonly offers: string;
  readonly begins: string;
  /** The hold is over: more of `WHERE`. */
  readonly lapsed: string;
}

const HOLD_SQL: Readonly<Record<Sql['dialect'], HoldSql>> = {
  sqlite: { offers: '', begins: '', lapsed: '' },
  postgres: {
    offers: `, lease_until = ${NOW} + ${OFFER_HOLD_MS}`,
    begins: `, lease_until = ${NOW} + ${HOLD_MS}`,
    lapsed: `AND lease_until <= ${NOW}`,
  },
};

/** The parts for this database. */
export const holdSql = ({ dialect }: Pick<Sql, 'dialect'>): HoldSql => HOLD_SQL[dialect];

/** Holds a running job for so long. */
export async function renewHold(sql: Sql, id: string, workerId: string, ms: number): Promise<boolean> {
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
