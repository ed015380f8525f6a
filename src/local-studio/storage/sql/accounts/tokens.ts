import { SCOPES } from '../../../../contract/operator/tokens.ts';
import type { Row, Sql } from '../../../../system/database/sql.ts';
import type { TokenRow, TokenTable } from '../../tables/tokens.ts';
import { maybeNumber, maybeText, number, text } from '../columns.ts';
import { keptSql } from './limits.ts';

/** The table of projects' tokens. */
export const createSqlTokens = (sql: Sql): TokenTable => ({
  get: async (id) => (await sql.query('SELECT * FROM tokens WHERE id = $1', [id])).map(toToken)[0],
  list: async () => (await sql.query('SELECT * FROM tokens ORDER BY created_at, id')).map(toToken),
  add: ({ id, hash, name, project, scopes, createdAt, expiresAt }) =>
    sql.locking(async (query) => {
      const known = `SELECT name FROM projects WHERE name = $1 AND removed_at IS NULL ${keptSql(sql)}`;
      if ((await query(known, [project])).length === 0) return false;
      await query(
        `INSERT INTO tokens (id, hash, name, project, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
        [id, hash, name ?? null, project, scopes.join(','), createdAt, expiresAt ?? null],
      );
      return true;
    }),
  remove: (id) =>
    sql.locking(async (query) => (await query('DELETE FROM tokens WHERE id = $1 RETURNING id', [id])).length > 0),
});

const toToken = (row: Row): TokenRow => {
  const scopes = text(row['scopes']).split(',');
  return {
    id: text(row['id']),
    hash: text(row['hash']),
    name: maybeText(row['name']),
    project: text(row['project']),
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    createdAt: number(row['created_at']),
    expiresAt: maybeNumber(row['expires_at']),
  };
};
