import { expect, test } from 'bun:test';
import { createSqlFigures } from '../../../../src/local-studio/storage/sql/figures.ts';
import { migrateSqlite } from '../../../../src/local-studio/storage/sql/sqlite-schema.ts';
import { createSignals } from '../../../../src/local-studio/storage/sql/signals.ts';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';
import type { Query } from '../../../../src/system/database/sql.ts';

test('figures are counted along indexes, never by reading every job', async () => {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  const steps: string[] = [];
  const explain: Query = async (text, params) => {
    const plan = await sql.query(`EXPLAIN QUERY PLAN ${text}`, params);
    steps.push(...plan.map((row) => String(row['detail'])));
    return [];
  };
  const figures = createSqlFigures({ ...sql, query: explain }, createSignals());
  await figures.read(1);
  await figures.artifacts();
  const reads = steps.filter((step) => /jobs|deliveries/.test(step)).toSorted();
  expect(reads).toEqual([
    'SCAN jobs USING COVERING INDEX jobs_queue',
    'SCAN jobs USING INDEX jobs_project_artifacts',
    'SCAN jobs USING INDEX jobs_project_underway',
    'SCAN webhook_deliveries USING COVERING INDEX deliveries_next',
    'SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH webhook_deliveries USING COVERING INDEX deliveries_next (next_at<?)',
  ]);
  await sql.close();
});
