import type { Row, Sql } from '../../../../system/database/sql.ts';
import type { WebhookTable } from '../../tables/webhooks.ts';
import { nowSql } from '../holds.ts';

/*
 * What is due, one delivery for each origin, which is the column `receiver`, without looking at the outbox's length:
 * `deliveries_due` sorts what is pending by (receiver, next_at), so the origins are read by skipping from one to the next,
 * and of each its first row. One with a hundred thousand deliveries waiting takes no longer to pass over than one with a
 * single one.
 */
const ORIGINS = `RECURSIVE origins (origin) AS (
  SELECT (SELECT MIN(first.receiver) FROM webhook_deliveries first WHERE first.state = 'pending') AS origin
  UNION ALL
  SELECT (SELECT MIN(next.receiver) FROM webhook_deliveries next
          WHERE next.state = 'pending' AND next.receiver > origins.origin)
  FROM origins WHERE origins.origin IS NOT NULL)`;

/** Takes what is due in one statement: no other studio gets the same. */
export async function takeDue(
  sql: Pick<Sql, 'dialect' | 'query'>,
  { at, forMs, except, limit }: Parameters<WebhookTable['takeDue']>[0],
): Promise<readonly Row[]> {
  const isSqlite = sql.dialect === 'sqlite';
  const given = isSqlite ? [forMs, at] : [forMs];
  const max = `LIMIT ${Math.max(0, Math.floor(limit))}`;
  const now = nowSql(sql, '$2');
  const list = except.map((_, index) => `$${given.length + index + 1}`).join(', ');
  const first = `SELECT due.seq FROM webhook_deliveries due
    WHERE due.state = 'pending' AND due.receiver = origins.origin AND due.next_at <= ${now}
    ORDER BY due.next_at, due.seq LIMIT 1`;
  const heads = isSqlite
    ? `SELECT seq FROM (SELECT (${first}) AS seq, origin FROM origins) origins`
    : `SELECT head.seq FROM origins CROSS JOIN LATERAL (${first} FOR UPDATE SKIP LOCKED) head`;
  const skipped = `${isSqlite ? 'AND seq IS NOT NULL' : ''} ${except.length === 0 ? '' : `AND origins.origin NOT IN (${list})`}`;
  // Materialized: read again, PostgreSQL would pass over what it has locked itself and take the ones behind it.
  return await sql.query(
    `WITH ${ORIGINS}, heads AS MATERIALIZED (${heads} WHERE origins.origin IS NOT NULL ${skipped} ${max})
     UPDATE webhook_deliveries SET attempts = attempts + 1, next_at = ${now} + $1
     WHERE state = 'pending' AND seq IN (SELECT seq FROM heads) RETURNING *, receiver AS origin`,
    [...given, ...except],
  );
}
