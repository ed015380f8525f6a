import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import { DEADLINE_PASSED, type EndedBecause } from '../../../queue/endings.ts';
import type { Expiry, UrgencyTable } from '../../tables/urgency.ts';
import { maybeText, number, text } from '../columns.ts';
import { inEndingTransaction, keepAttempt } from './job-endings.ts';
import { nowSql } from '../holds.ts';
import { ENDED_COLUMNS } from '../webhooks/outbox.ts';
import type { Signals } from '../signals.ts';

/** In the words of the index `jobs_deadline`, for the database to use that. */
export const IS_OPEN = "state IN ('queued', 'offered', 'running')";

/** Deadlines of jobs. */
export const expireJobs = (sql: Sql, signals: Signals): Pick<UrgencyTable, 'now' | 'expire'> => ({
  now: async (at) =>
    sql.dialect === 'sqlite' ? at : number((await sql.query(`SELECT ${nowSql(sql, '')} AS now`))[0]?.['now']),
  expire: async (at, limit) => {
    // Outside a transaction: most of the time nothing is due, and no disk has to be waited for.
    const soonest = await sql.query(
      `SELECT seq, deadline_at - ${nowSql(sql, '$2')} AS in_ms FROM jobs
       WHERE ${IS_OPEN} AND deadline_at IS NOT NULL ORDER BY deadline_at LIMIT $1`,
      sql.dialect === 'sqlite' ? [limit, at] : [limit],
    );
    const [due, later] = [soonest.filter(isDue), soonest.find((row) => !isDue(row))];
    const expired =
      due.length === 0 ? [] : await inEndingTransaction(sql, signals, (query) => expire(sql, query, due, at));
    const nextInMs = due.length === limit ? 0 : later && number(later['in_ms']);
    return { expired: expired.map(toExpired), nextInMs };
  },
});

const isDue = (row: Row): boolean => number(row['in_ms']) <= 0;

/** Asks again what was seen outside the transaction: another studio may have been faster, or a worker. */
async function expire(sql: Sql, query: Query, due: readonly Row[], at: number): Promise<readonly Row[]> {
  const list = due.map((_, index) => `$${index + 5}`).join(', ');
  const rows = await query(
    `UPDATE jobs SET state = 'failed', updated_at = $1, finished_at = $1, ended_because = $4,
       error = CASE WHEN state = 'running' THEN $2 ELSE $3 END,
       worker_id = CASE WHEN state = 'running' THEN worker_id ELSE NULL END
     WHERE seq IN (${list}) AND ${IS_OPEN} AND deadline_at <= ${nowSql(sql, '$1')}
     RETURNING ${ENDED_COLUMNS}`,
    [
      at,
      DEADLINE_PASSED.running,
      DEADLINE_PASSED.waiting,
      'deadline' satisfies EndedBecause,
      ...due.map((row) => number(row['seq'])),
    ],
  );
  for (const row of rows) {
    const workerId = maybeText(row['worker_id']);
    if (workerId === undefined) continue;
    const spent = { workerId, startedAt: number(row['started_at']), endedAt: at };
    await keepAttempt(query, text(row['id']), { ...spent, outcome: 'cancelled', error: text(row['error']) });
  }
  return rows;
}

const toExpired = (row: Row): Expiry['expired'][number] => ({
  id: text(row['id']),
  workerId: maybeText(row['worker_id']),
  error: text(row['error']),
});
