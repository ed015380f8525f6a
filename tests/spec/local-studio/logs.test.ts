import { expect, test } from 'bun:test';
import { createSqlLogs } from '../../../src/local-studio/storage/sql/logs.ts';
import { migrateSqlite } from '../../../src/local-studio/storage/sql/sqlite-schema.ts';
import { openSqlite } from '../../../src/system/database/sqlite.ts';

const line = (message: string) => ({
  ts: '2026-05-25T12:00:00.000Z',
  level: 'info',
  category: 'ws',
  message,
  jobId: undefined,
});

test('the studio keeps the newest log lines and lets the old ones go', async () => {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  const logs = createSqlLogs(sql, 10);
  await logs.add(
    'w-1',
    Array.from({ length: 1_200 }, (_, at) => line(`line ${at}`)),
  );
  const kept = await logs.page({ workerId: 'w-1', after: 0, limit: 1_000 });
  expect(kept.map(({ message }) => message)).toEqual(Array.from({ length: 10 }, (_, at) => `line ${1_190 + at}`));
  await sql.close();
});
