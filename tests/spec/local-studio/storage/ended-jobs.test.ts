import { expect, test } from 'bun:test';
import { readEnded } from '../../../../src/local-studio/storage/sql/endings/ended-jobs.ts';
import { migrateSqlite } from '../../../../src/local-studio/storage/sql/sqlite-schema.ts';
import type { Query } from '../../../../src/system/database/sql.ts';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';

test('a day is counted in the index of ended jobs alone', async () => {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  const steps: string[] = [];
  const explain: Query = async (text, params) => {
    const plan = await sql.query(`EXPLAIN QUERY PLAN ${text}`, params);
    steps.push(...plan.map((row) => String(row['detail'])));
    return [];
  };
  const day = readEnded({ query: explain });
  await day.endedByHour(1, 24);
  await day.usualWaitMs(1);
  const reads = steps.filter((step) => step.includes('jobs'));
  expect(reads).toHaveLength(24 + 1 + 2);
  expect(reads.filter((step) => !step.startsWith('SEARCH jobs USING COVERING INDEX jobs_ended (finished_at>'))).toEqual(
    [],
  );
  await sql.close();
});
