import type { RejectionRow, RejectionTable } from '../tables/rejections.ts';
import type { Row, Sql } from '../../../system/database/sql.ts';
import { number, text } from './columns.ts';

/** Rejections kept in all: whoever rejects without end does not fill the disk. */
const MAX_ROWS = 10_000;
/** Rejections between two sweeps of the old ones. */
const SWEEP_EVERY = 1_000;

/** The table of rejections; those beyond `maxRows` are removed now and then, oldest first. */
export function createSqlRejections(sql: Sql, maxRows = MAX_ROWS): RejectionTable {
  let unswept = 0;
  return {
    add: async ({ jobId, workerId, reason, isFinal, at }) => {
      await sql.query(
        `INSERT INTO rejections (job_id, worker_id, reason, final, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (job_id, worker_id) DO UPDATE
           SET reason = excluded.reason, final = excluded.final, at = excluded.at`,
        [jobId, workerId, reason, isFinal ? 1 : 0, at],
      );
      if (++unswept < Math.min(SWEEP_EVERY, maxRows)) return;
      unswept = 0;
      await sql.query(
        'DELETE FROM rejections WHERE at <= (SELECT at FROM rejections ORDER BY at DESC LIMIT 1 OFFSET $1)',
        [maxRows],
      );
    },
    ofJobs: async (jobIds) => {
      if (jobIds.length === 0) return [];
      const places = jobIds.map((_, at) => `$${at + 1}`).join(', ');
      return (await sql.query(`SELECT * FROM rejections WHERE job_id IN (${places})`, jobIds)).map(toRejection);
    },
    latest: async (workerId) => {
      const [ofWorker, params] = workerId === undefined ? ['', []] : ['WHERE worker_id = $1', [workerId]];
      const rows = await sql.query(
        `SELECT r.* FROM rejections r
         JOIN (SELECT worker_id, MAX(at) AS at FROM rejections ${ofWorker} GROUP BY worker_id) newest
           ON r.worker_id = newest.worker_id AND r.at = newest.at ORDER BY r.worker_id, r.job_id`,
        params,
      );
      return rows.map(toRejection);
    },
  };
}

const toRejection = (row: Row): RejectionRow => ({
  jobId: text(row['job_id']),
  workerId: text(row['worker_id']),
  reason: text(row['reason']),
  isFinal: number(row['final']) !== 0,
  at: number(row['at']),
});
