import { HOUR_MS } from '../../../../base/units.ts';
import type { Row, Sql } from '../../../../system/database/sql.ts';
import { maybeNumber, number } from '../columns.ts';
import type { EndedHour, EndedJobs } from '../../tables/ended-jobs.ts';

/** What a day was like, counted by the database: as many rows come here whether one job ended or a hundred thousand did. */
export const readEnded = (sql: Pick<Sql, 'query'>): EndedJobs => ({
  endedByHour: async (since, hours) => byHour(await sql.query(countHours(hours), [since]), hours),
  usualWaitMs: async (since) => {
    const wait = maybeNumber((await sql.query(USUAL_WAIT, [since]))[0]?.['wait']);
    return wait === undefined ? undefined : Math.max(0, wait); // less than none where the clock was set back
  },
});

const COMPLETED = "FROM jobs WHERE finished_at >= $1 AND state = 'completed' AND started_at IS NOT NULL";
const USUAL_WAIT = `SELECT started_at - created_at AS wait ${COMPLETED}
  ORDER BY wait LIMIT 1 OFFSET (SELECT COUNT(*) / 2 ${COMPLETED})`;

const SINCE = 'CAST($1 AS BIGINT)';

/**
 * One row for each hour and one for each two hours between which jobs ran, with how far into them they began and ended, in
 * milliseconds together. An hour of its own is a range of the index: grouping all jobs by their hours would sort them first.
 */
function countHours(hours: number): string {
  const each = Array.from({ length: hours }, (_, hour) => {
    const [from, to] = [`${SINCE} + ${hour * HOUR_MS}`, `${SINCE} + ${(hour + 1) * HOUR_MS}`];
    return `SELECT ${hour} AS end_hour, ${hour} AS start_hour, 0 AS jobs, 0 AS start_ms,
      SUM(CASE WHEN started_at >= ${from} AND started_at <= finished_at THEN finished_at - started_at ELSE 0 END) AS end_ms,
      SUM(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed,
      SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed
      FROM jobs WHERE finished_at >= ${from} AND finished_at < ${to}`;
  });
  // Those that began before the first hour count as of the hour before it, those that ended after the last as of the next.
  const hourOf = (ms: string): string =>
    `CASE WHEN ${ms} < 0 THEN -1 WHEN ${ms} < ${hours * HOUR_MS} THEN ${ms} / ${HOUR_MS} ELSE ${hours} END`;
  const spanning = `SELECT end_hour, start_hour, COUNT(*), SUM(started - start_hour * ${HOUR_MS}),
      SUM(ended - end_hour * ${HOUR_MS}), 0, 0
    FROM (SELECT started, ended, ${hourOf('started')} AS start_hour, ${hourOf('ended')} AS end_hour
      FROM (SELECT started_at - ${SINCE} AS started, finished_at - ${SINCE} AS ended
        FROM jobs WHERE finished_at >= $1 AND started_at IS NOT NULL) run) hours
    WHERE start_hour < end_hour GROUP BY end_hour, start_hour`;
  return [...each, spanning].join(' UNION ALL ');
}

function byHour(rows: readonly Row[], hours: number): readonly EndedHour[] {
  const all = Array.from({ length: hours }, () => ({ completed: 0, failed: 0, busyMs: 0 }));
  for (const row of rows) {
    const [start, end, jobs] = [number(row['start_hour']), number(row['end_hour']), number(row['jobs'])];
    for (const [at, hour] of all.entries()) {
      if (at < start || at > end) continue;
      const [from, to] = [
        at === start ? number(row['start_ms']) : 0,
        at === end ? number(row['end_ms']) : jobs * HOUR_MS,
      ];
      hour.busyMs += to - from;
      if (at !== end) continue;
      hour.completed += number(row['completed']);
      hour.failed += number(row['failed']);
    }
  }
  return all;
}
