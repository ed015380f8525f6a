import type { LogLine } from '../../../contract/operator/views.ts';
import type { LogTable } from '../tables/logs.ts';
import type { Param, Row, Sql } from '../../../system/database/sql.ts';
import { maybeText, number, text } from './columns.ts';

/** Lines kept in all, of every worker together. */
const MAX_LINES = 100_000;
/** Lines added between two sweeps of the old ones. */
const SWEEP_EVERY = 1_000;
/** Lines per statement; SQLite takes 32,766 parameters in one. */
const LINES_AT_ONCE = 500;
const COLUMNS = 6;
const MAX_CHARACTERS = 8_192;

/** The log table; lines beyond `maxLines` are removed now and then, oldest first. Overlong texts are cut. */
export function createSqlLogs(sql: Sql, maxLines = MAX_LINES): LogTable {
  let unswept = 0;
  return {
    add: async (workerId, entries) => {
      const added: LogLine[] = [];
      for (let at = 0; at < entries.length; at += LINES_AT_ONCE) {
        const some = entries.slice(at, at + LINES_AT_ONCE);
        const params = some.flatMap((entry): Param[] => [
          workerId,
          entry.ts.slice(0, 64),
          entry.level.slice(0, 16),
          entry.category.slice(0, 64),
          entry.message.slice(0, MAX_CHARACTERS),
          entry.jobId?.slice(0, 200) ?? null,
        ]);
        const rows = await sql.query(
          `INSERT INTO logs (worker_id, ts, level, category, message, job_id) VALUES ${placeholders(some.length)} RETURNING *`,
          params,
        );
        added.push(...rows.map(toLine));
        unswept += some.length;
      }
      if (unswept >= Math.min(SWEEP_EVERY, maxLines)) {
        unswept = 0;
        await sql.query('DELETE FROM logs WHERE seq <= (SELECT MAX(seq) FROM logs) - $1', [maxLines]);
      }
      return added.toSorted((a, b) => a.seq - b.seq);
    },
    page: async ({ workerId, after, limit, newest = false }) => {
      const ofWorker = workerId === undefined ? '' : 'AND worker_id = $3';
      const rows = await sql.query(
        `SELECT * FROM logs WHERE seq > $1 ${ofWorker} ORDER BY seq ${newest ? 'DESC' : 'ASC'} LIMIT $2`,
        [after, limit, ...(workerId === undefined ? [] : [workerId])],
      );
      const lines = rows.map(toLine);
      return newest ? lines.toReversed() : lines;
    },
  };
}

const placeholders = (rows: number): string =>
  Array.from(
    { length: rows },
    (_, row) => `(${Array.from({ length: COLUMNS }, (_, column) => `$${row * COLUMNS + column + 1}`).join(', ')})`,
  ).join(', ');

const toLine = (row: Row) => ({
  seq: number(row['seq']),
  workerId: text(row['worker_id']),
  ts: text(row['ts']),
  level: text(row['level']),
  category: text(row['category']),
  message: text(row['message']),
  jobId: maybeText(row['job_id']),
});
