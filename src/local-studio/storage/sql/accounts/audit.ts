import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { Store } from '../../store.ts';
import type { AuditDraft, AuditRow, AuditTable } from '../../tables/audit.ts';
import { maybeText, number, text } from '../columns.ts';

/** The audit log. The database itself lets nobody change an entry. */
export const createSqlAudit = (sql: Sql): AuditTable => ({
  add: (entry) => sql.locking((query) => write(query, entry)),
  page: async ({ since, before = Number.MAX_SAFE_INTEGER, after, limit }) => {
    const order = after === undefined ? 'DESC' : 'ASC';
    const rows = await sql.query(
      `SELECT * FROM audit WHERE seq > $1 AND seq < $2 AND at >= $3 ORDER BY seq ${order} LIMIT $4`,
      [Math.max(after ?? 0, await lastBefore(sql.query, since)), before, since ?? 0, limit],
    );
    return rows.map(toRow);
  },
  removeBefore: async (at, limit) => {
    const oldest = 'SELECT seq FROM audit WHERE at < $1 ORDER BY at, seq LIMIT $2';
    const removed = await sql.query(`DELETE FROM audit WHERE seq IN (${oldest}) RETURNING seq`, [at, limit]);
    return removed.length;
  },
});

/** Entries of studios whose clocks differ may stand in another order than their times. */
const MAX_DISORDER = 1_000;

/** A number below which nothing is as young as that: a short page does not read the whole log. */
async function lastBefore(query: Query, since: number | undefined): Promise<number> {
  if (since === undefined) return 0;
  const [row] = await query('SELECT seq FROM audit WHERE at < $1 ORDER BY at DESC, seq DESC LIMIT 1', [since]);
  return number(row?.['seq']) - MAX_DISORDER;
}

/** The same database; each transaction that changes something has the entry, too. */
export function auditedSql(sql: Sql, entry: AuditDraft): Sql {
  const noted =
    <T>(work: (query: Query) => Promise<T>) =>
    async (query: Query): Promise<T> => {
      const result = await work(query);
      if (hasHappened(result)) await write(query, entry);
      return result;
    };
  return {
    ...sql,
    durable: (work) => sql.durable(noted(work)),
    locking: (work) => sql.locking(noted(work)),
  };
}

type Answer<Table, Call extends keyof Table> = Table[Call] extends (...args: never) => Promise<infer Result>
  ? Result
  : never;
/** What anything in the store may resolve to. */
type StoreResult = {
  [Table in keyof Store]: { [Call in keyof Store[Table]]: Answer<Store[Table], Call> }[keyof Store[Table]];
}[keyof Store];
/** What tells such results apart: a new tag, of whichever table, does not compile until it is decided below. */
type Tag = Extract<StoreResult, { readonly is: string }>['is'];

/** Whether a change of the store has happened, by the tag of its result. */
const HAPPENED: ReadonlyMap<unknown, boolean> = new Map(
  Object.entries({
    added: true,
    queued: true,
    removed: true,
    'limit-reached': false,
    'no-project': false,
    'not-ended': false,
    unknown: false,
    busy: false,
  } satisfies Record<Tag, boolean>),
);

/** Changes without a tag resolve to false where nothing happened. */
const hasHappened = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'is' in result
    ? (HAPPENED.get(result.is) ?? true)
    : result !== false;

async function write(query: Query, entry: AuditDraft): Promise<void> {
  const { at, actor, actorId, actorName, action, subject, project, details, address } = entry;
  await query(
    `INSERT INTO audit (at, actor, actor_id, actor_name, action, subject, project, details, address)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      at,
      actor,
      actorId ?? null,
      actorName ?? null,
      action,
      subject ?? null,
      project ?? null,
      details === undefined ? null : JSON.stringify(details),
      address ?? null,
    ],
  );
}

const toRow = (row: Row): AuditRow => ({
  seq: number(row['seq']),
  at: number(row['at']),
  actor: text(row['actor']),
  actorId: maybeText(row['actor_id']),
  actorName: maybeText(row['actor_name']),
  action: text(row['action']),
  subject: maybeText(row['subject']),
  project: maybeText(row['project']),
  details: maybeText(row['details']),
  address: maybeText(row['address']),
});
