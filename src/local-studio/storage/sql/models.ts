import { TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import type { ModelRow, ModelTable } from '../tables/models.ts';
import type { Row, Sql } from '../../../system/database/sql.ts';
import { maybeText, number, text } from './columns.ts';

/** The model table. */
export function createSqlModels(sql: Sql): ModelTable {
  return {
    get: async (id) => (await sql.query('SELECT * FROM models WHERE id = $1', [id])).map(toModel)[0],
    list: async () => (await sql.query('SELECT * FROM models ORDER BY id')).map(toModel),
    add: (row) =>
      sql.locking(async (query) => {
        const added = await query(
          `INSERT INTO models (id, kind, display_name, vram_gb, source, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING RETURNING id`,
          [row.id, row.kind, row.displayName ?? null, row.vramGb, row.source, row.createdAt, row.updatedAt],
        );
        return added.length > 0;
      }),
    replace: (row) =>
      sql.locking(async (query) => {
        const changed = await query(
          `UPDATE models SET kind = $1, display_name = $2, vram_gb = $3, source = $4, updated_at = $5
           WHERE id = $6 RETURNING id`,
          [row.kind, row.displayName ?? null, row.vramGb, row.source, row.updatedAt, row.id],
        );
        return changed.length > 0;
      }),
    remove: (id) =>
      sql.locking(async (query) => (await query('DELETE FROM models WHERE id = $1 RETURNING id', [id])).length > 0),
  };
}

const toModel = (row: Row): ModelRow => ({
  id: text(row['id']),
  kind: TASK_KIND_IDS.find((kind) => kind === row['kind']) ?? 'image',
  displayName: maybeText(row['display_name']),
  vramGb: number(row['vram_gb']),
  source: text(row['source']),
  createdAt: number(row['created_at']),
  updatedAt: number(row['updated_at']),
});
