import type { TaskKindId } from '../../contract/tasks/index.ts';
import { vramClass } from '../queue.ts';
import type { JobRow, Wanted } from '../store.ts';
import { toJobRow } from './job-reads.ts';
import type { Param, Query } from './sql.ts';

/*
 * The next job for a worker, without looking at the queue's length.
 *
 * `jobs_queue` sorts (state, kind, vram_class, priority, seq). The jobs of one kind and one class of GPU memory are a
 * lane in it, sorted as they are to be offered, so a lane's best is its first row. Classes are whole gigabytes: few,
 * however many jobs there are. The CTE hops from class to class by the index, and the best of the lanes' best wins.
 * Only the class in which a fractional threshold falls is looked at row by row.
 */

/** Turned-down jobs that one look-up skips; a worker that turned down more is asked again about the oldest. */
const MOST_EXCEPTED = 50;

/** The statement for these kinds, with `$1` threshold, `$2` its class, then kinds, then jobs to skip. */
export function nextJobSql(kinds: number, except: number): string {
  const skip = Array.from({ length: except }, (_, at) => `$${3 + kinds + at}`).join(', ');
  const best = Array.from({ length: kinds }, (_, at) => bestOfKind(`$${3 + at}`, at, skip)).join(' UNION ALL ');
  const lanes = Array.from({ length: kinds }, (_, at) => lanesOfKind(`$${3 + at}`, at)).join(', ');
  return `WITH RECURSIVE ${lanes} SELECT seq FROM (${best}) heads ORDER BY priority DESC, seq LIMIT 1`;
}

const lanesOfKind = (kind: string, at: number): string =>
  `lane${at}(class) AS (
     SELECT MIN(vram_class) FROM jobs WHERE state = 'queued' AND kind = ${kind}
     UNION ALL
     SELECT (SELECT MIN(vram_class) FROM jobs WHERE state = 'queued' AND kind = ${kind} AND vram_class > lane${at}.class)
     FROM lane${at} WHERE lane${at}.class < $2)`;

const bestOfKind = (kind: string, at: number, skip: string): string =>
  `SELECT seq, priority FROM jobs WHERE seq IN (
     SELECT (SELECT seq FROM jobs WHERE state = 'queued' AND kind = ${kind} AND vram_class = lane${at}.class
               AND vram_gb <= $1${skip === '' ? '' : ` AND seq NOT IN (${skip})`}
             ORDER BY priority DESC, seq LIMIT 1)
     FROM lane${at} WHERE lane${at}.class <= $2)`;

/** Picks and takes in one statement: no other worker can get the same job in between. */
export async function claimNext(query: Query, wanted: Wanted, at: number): Promise<JobRow | undefined> {
  const kinds: readonly TaskKindId[] = [...new Set(wanted.kinds)];
  if (kinds.length === 0) return undefined;
  const except = wanted.except.slice(-MOST_EXCEPTED);
  const used = 2 + kinds.length + except.length;
  const params: readonly Param[] = [wanted.thresholdGb, vramClass(wanted.thresholdGb), ...kinds, ...except];
  const rows = await query(
    `UPDATE jobs SET state = 'offered', worker_id = $${used + 1}, updated_at = $${used + 2}
     WHERE seq = (${nextJobSql(kinds.length, except.length)}) AND state = 'queued' RETURNING *`,
    [...params, wanted.workerId, at],
  );
  return rows.map(toJobRow)[0];
}
