import { expect, test } from 'bun:test';
import { migrateSqlite } from '../../../../src/local-studio/storage/sql/sqlite-schema.ts';
import { createSqlRejections } from '../../../../src/local-studio/storage/sql/rejections.ts';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';

test('beyond a limit the oldest rejections are forgotten', async () => {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  const rejections = createSqlRejections(sql, 2);
  const jobIds = ['a', 'b', 'c', 'd'];
  for (const [at, jobId] of jobIds.entries()) {
    await rejections.add({ jobId, workerId: 'w', reason: 'busy', isFinal: false, at });
  }
  expect((await rejections.ofJobs(jobIds)).map(({ jobId }) => jobId)).toEqual(['c', 'd']);
  await sql.close();
});
