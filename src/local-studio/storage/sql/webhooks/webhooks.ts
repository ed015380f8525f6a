import { DELIVERY_STATES, WEBHOOK_EVENTS } from '../../../../contract/operator/webhooks.ts';
import type { Param, Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { DeliveryRow, WebhookRow, WebhookTable } from '../../tables/webhooks.ts';
import { maybeNumber, maybeText, number, text } from '../columns.ts';
import { nowSql } from '../holds.ts';
import { takeDue } from './due.ts';
import { eventsIn, originOf } from './outbox.ts';
import type { Signals } from '../signals.ts';

/** Webhooks and their outbox. */
export const createSqlWebhooks = (sql: Sql, { queued }: Signals): WebhookTable => ({
  ...registryIn(sql),
  ...switchIn(sql),
  ...outboxIn(sql, queued),
  ...historyIn(sql),
  onQueued: (listener) => queued.subscribe(listener),
});

type RegistryMethods = 'add' | 'get' | 'list' | 'studioSecret';
type SwitchMethods = 'remove' | 'disable' | 'enable';
type OutboxMethods = 'takeDue' | 'dueAgain' | 'nextDueInMs' | 'settle' | 'retry';
type HistoryMethods = 'delivery' | 'deliveries' | 'totals' | 'prune';

const registryIn = (sql: Sql): Pick<WebhookTable, RegistryMethods> => ({
  add: (row) =>
    sql.durable(async (query) => {
      await query(
        `INSERT INTO webhooks (id, url, receiver, events, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING`,
        [row.id, row.url, originOf(row.url), row.events.join(','), row.secret, row.createdAt],
      );
    }),
  get: async (id) => (await sql.query('SELECT * FROM webhooks WHERE id = $1', [id])).map(toWebhook)[0],
  list: async () => {
    const rows = await sql.query(
      `SELECT webhooks.*, (SELECT COUNT(*) FROM webhook_deliveries d
         WHERE d.webhook_id = webhooks.id AND d.state = 'pending') AS pending
       FROM webhooks ORDER BY created_at, id`,
    );
    return rows.map((row) => Object.assign(toWebhook(row), { pending: number(row['pending']) }));
  },
  studioSecret: (fresh) =>
    sql.durable(async (query) => {
      await query(`INSERT INTO studio_secrets (name, secret) VALUES ('webhooks', $1) ON CONFLICT (name) DO NOTHING`, [
        fresh,
      ]);
      return text((await query(`SELECT secret FROM studio_secrets WHERE name = 'webhooks'`))[0]?.['secret']);
    }),
});

/** Whether a webhook is told of jobs. */
const switchIn = (sql: Sql): Pick<WebhookTable, SwitchMethods> => ({
  remove: (id, at) =>
    sql.durable(async (query) => {
      await failPending(query, id, { because: 'the webhook was removed', at });
      return (await query('DELETE FROM webhooks WHERE id = $1 RETURNING id', [id])).length > 0;
    }),
  disable: (id, because, at) =>
    sql.durable(async (query) => {
      await failPending(query, id, { because, at });
      await query('UPDATE webhooks SET disabled_at = $2, disabled_because = $3 WHERE id = $1 AND disabled_at IS NULL', [
        id,
        at,
        because,
      ]);
    }),
  enable: (id) =>
    sql.durable(async (query) => {
      const enabled = await query(
        `UPDATE webhooks SET disabled_at = NULL, disabled_because = NULL
         WHERE id = $1 AND disabled_at IS NOT NULL RETURNING id`,
        [id],
      );
      return enabled.length > 0;
    }),
});

const failPending = (query: Query, id: string, { because, at }: { readonly because: string; readonly at: number }) =>
  query(
    `UPDATE webhook_deliveries SET state = 'failed', ended_at = $2, last_error = $3
     WHERE webhook_id = $1 AND state = 'pending'`,
    [id, at, because],
  );

const outboxIn = (sql: Sql, queued: Signals['queued']): Pick<WebhookTable, OutboxMethods> => ({
  takeDue: async (wanted) =>
    (await takeDue(sql, wanted)).map((row) => Object.assign(toDelivery(row), { origin: text(row['origin']) })),
  dueAgain: async (at, withinMs) => {
    if (sql.dialect !== 'sqlite') return;
    // What waited for so short a time anyway is sent a little sooner, which does no harm.
    const due = 'UPDATE webhook_deliveries SET next_at = $1';
    await sql.query(`${due} WHERE state = 'pending' AND next_at > $1 AND next_at <= $1 + $2`, [at, withinMs]);
  },
  nextDueInMs: async (at) => {
    const now = nowSql(sql, '$1');
    const [row] = await sql.query(
      `SELECT MIN(next_at) - ${now} AS in_ms FROM webhook_deliveries WHERE state = 'pending' AND next_at > ${now}`,
      sql.dialect === 'sqlite' ? [at] : [],
    );
    return maybeNumber(row?.['in_ms']);
  },
  settle: async ({ id, attempts }, { state, status, error, inMs }, at) => {
    const rows = await sql.query(
      `UPDATE webhook_deliveries SET state = $3, last_status = $4, last_error = $5, next_at = ${nowSql(sql, '$7')} + $6,
         ended_at = CASE WHEN $3 = 'pending' THEN NULL ELSE $7 END
       WHERE id = $1 AND attempts = $2 AND state = 'pending' RETURNING seq`,
      [id, attempts, state, status ?? null, error ?? null, inMs, at],
    );
    return rows.length > 0;
  },
  retry: async (id) => {
    const isRetried = await sql.durable(async (query) => {
      const rows = await query(
        `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, ended_at = NULL, next_at = 0
         WHERE id = $1 AND state = 'failed' AND (webhook_id IS NULL OR EXISTS (
           SELECT 1 FROM webhooks w WHERE w.id = webhook_id AND w.disabled_at IS NULL)) RETURNING seq`,
        [id],
      );
      return rows.length > 0;
    });
    if (isRetried) queued.raise();
    return isRetried;
  },
});

/** What operators are shown of the outbox, as long as it is kept. */
const historyIn = (sql: Sql): Pick<WebhookTable, HistoryMethods> => ({
  delivery: async (id) => (await sql.query('SELECT * FROM webhook_deliveries WHERE id = $1', [id])).map(toDelivery)[0],
  deliveries: async ({ state, webhookId, jobId, limit }) => {
    const wanted = Object.entries({ state, webhook_id: webhookId, job_id: jobId }).flatMap(([column, value]) =>
      value === undefined ? [] : [{ column, value }],
    );
    const where = ['1 = 1', ...wanted.map(({ column }, at) => `${column} = $${at + 2}`)].join(' AND ');
    const params: readonly Param[] = [limit, ...wanted.map(({ value }) => value)];
    return (await sql.query(`SELECT * FROM webhook_deliveries WHERE ${where} ORDER BY seq DESC LIMIT $1`, params)).map(
      toDelivery,
    );
  },
  totals: async () => {
    const [row] = await sql.query(
      `SELECT (SELECT COUNT(*) FROM webhooks WHERE disabled_at IS NULL) AS active,
         (SELECT COUNT(*) FROM webhooks WHERE disabled_at IS NOT NULL) AS disabled,
         COUNT(*) AS pending, COUNT(last_error) AS failing
       FROM webhook_deliveries WHERE state = 'pending'`,
    );
    const count = (column: string): number => number(row?.[column]);
    return {
      active: count('active'),
      disabled: count('disabled'),
      pending: count('pending'),
      failing: count('failing'),
    };
  },
  prune: async (before) => {
    await sql.query(`DELETE FROM webhook_deliveries WHERE state <> 'pending' AND ended_at < $1`, [before]);
  },
});

const toWebhook = (row: Row): WebhookRow => ({
  id: text(row['id']),
  url: text(row['url']),
  events: eventsIn(row['events']),
  secret: text(row['secret']),
  createdAt: number(row['created_at']),
  disabledAt: maybeNumber(row['disabled_at']),
  disabledBecause: maybeText(row['disabled_because']),
});

const toDelivery = (row: Row): DeliveryRow => ({
  id: text(row['id']),
  webhookId: maybeText(row['webhook_id']),
  url: maybeText(row['url']),
  jobId: text(row['job_id']),
  event: WEBHOOK_EVENTS.find((event) => event === row['event']) ?? 'failed',
  facts: text(row['facts']),
  state: DELIVERY_STATES.find((state) => state === row['state']) ?? 'failed',
  attempts: number(row['attempts']),
  createdAt: number(row['created_at']),
  nextAt: number(row['next_at']),
  endedAt: maybeNumber(row['ended_at']),
  lastStatus: maybeNumber(row['last_status']),
  lastError: maybeText(row['last_error']),
});
