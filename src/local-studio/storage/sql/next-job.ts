import type { TaskKindId } from '../../../contract/tasks/index.ts';
import { vramClass } from '../../queue.ts';
import type { JobRow, OfferCriteria } from '../store.ts';
import { maybeNumber, number } from './columns.ts';
import { leaseSql, nowSql } from './leases.ts';
import { toJobRow } from './job-reads.ts';
import type { Param, Sql } from '../../../system/database/sql.ts';

/*
 * The next job for a worker, without looking at the queue's length.
 *
 * `jobs_queue` sorts what is queued by (kind, engine, vram_class, priority, seq). Within one kind, engine and class of GPU
 * memory the jobs stand in the order in which they are to be offered, so the best of a class is its first row, and the best of
 * those wins. Classes are whole gigabytes: few, however many jobs there are, and the table `lanes` lists those that were
 * ever used. Only the class in which a fractional threshold falls is read row by row, in the index alone.
 */

/** Rejected jobs that one query skips; a worker that rejected more is asked again about the oldest. */
const MAX_EXCEPTED = 50;
/** Names of engines that count; no release has half as many, but a list comes from outside. */
const MAX_ENGINES = 32;

/** How many values the lists of the statement hold. */
interface ListLengths {
  readonly kinds: number;
  readonly engines: number;
  readonly except: number;
}

/** Takes the best job: in SQLite nobody else asks at the same time. */
const SQLITE_CLAIM = (where: Conditions): string =>
  `UPDATE jobs SET ${where.taken} WHERE state = 'queued' AND seq = (
     WITH named (engine) AS (VALUES ${where.named})
     SELECT head.seq FROM lanes CROSS JOIN named JOIN jobs head ON head.seq = (
       SELECT queued.seq FROM jobs queued WHERE ${where.fits} ORDER BY queued.priority DESC, queued.seq LIMIT 1)
     WHERE ${where.lane} ORDER BY head.priority DESC, head.seq LIMIT 1) RETURNING *`;

/** The best jobs of which one is taken: what others take at the same time is passed over. */
const MAX_CANDIDATES = 32;

/** Always returns a row, so that "nothing fits" differs from "others were faster". */
const POSTGRES_CLAIM = (where: Conditions): string =>
  `WITH named (engine) AS (VALUES ${where.named}),
   candidates AS MATERIALIZED (
     SELECT head.seq FROM lanes CROSS JOIN named CROSS JOIN LATERAL (
       SELECT queued.seq, queued.priority FROM jobs queued WHERE ${where.fits}
       ORDER BY queued.priority DESC, queued.seq LIMIT ${MAX_CANDIDATES}) head
     WHERE ${where.lane} ORDER BY head.priority DESC, head.seq LIMIT ${MAX_CANDIDATES}),
   free AS (
     SELECT jobs.seq FROM jobs WHERE jobs.state = 'queued' AND jobs.seq IN (SELECT seq FROM candidates)
     ORDER BY jobs.priority DESC, jobs.seq LIMIT 1 FOR UPDATE SKIP LOCKED),
   taken AS (UPDATE jobs SET ${where.taken} WHERE seq IN (SELECT seq FROM free) RETURNING *)
   SELECT taken.*, (SELECT COUNT(*) FROM candidates) AS candidates FROM (SELECT 1) one LEFT JOIN taken ON TRUE`;

/** How often a worker asks again after others took all that it was to choose from. */
const MAX_TRIES = 20;

/** Parts of the statement. */
interface Conditions {
  readonly named: string;
  readonly fits: string;
  readonly lane: string;
  readonly taken: string;
}

/** `$1` is the threshold, `$2` its class, then kinds, engines, jobs to skip, the worker and the time. */
function conditions(sql: Pick<Sql, 'dialect'>, { kinds, engines, except }: ListLengths): Conditions {
  const list = (from: number, length: number): readonly string[] => Array.from({ length }, (_, at) => `$${from + at}`);
  const [worker, at] = [`$${3 + kinds + engines + except}`, `$${4 + kinds + engines + except}`];
  const skip = except === 0 ? '' : `AND queued.seq NOT IN (${list(3 + kinds + engines, except).join(', ')})`;
  return {
    named: list(3 + kinds, engines)
      .map((param) => `(${param})`)
      .join(', '),
    fits: `queued.state = 'queued' AND queued.kind = lanes.kind AND queued.engine = named.engine
           AND queued.vram_class = lanes.vram_class AND queued.vram_gb <= $1 ${skip}
           AND (queued.deadline_at IS NULL OR queued.deadline_at > ${nowSql(sql, at)})`,
    lane: `lanes.kind IN (${list(3, kinds).join(', ')}) AND lanes.vram_class <= $2`,
    taken: `state = 'offered', worker_id = ${worker}, updated_at = ${at}${leaseSql(sql).begins}`,
  };
}

/** Picks and takes in one statement: no other worker can get the same job in between. */
export async function claimNext(
  sql: Pick<Sql, 'dialect' | 'query'>,
  criteria: OfferCriteria,
  at: number,
): Promise<JobRow | undefined> {
  const kinds: readonly TaskKindId[] = [...new Set(criteria.kinds)];
  const engines = [...new Set(criteria.engines)].slice(0, MAX_ENGINES);
  if (kinds.length === 0 || engines.length === 0) return undefined;
  const except = criteria.except.slice(-MAX_EXCEPTED);
  const lists: readonly Param[] = [...kinds, ...engines, ...except];
  const { thresholdGb, workerId } = criteria;
  const params: readonly Param[] = [thresholdGb, vramClass(thresholdGb), ...lists, workerId, at];
  const where = conditions(sql, { kinds: kinds.length, engines: engines.length, except: except.length });
  if (sql.dialect === 'sqlite') return (await sql.query(SQLITE_CLAIM(where), params)).map(toJobRow)[0];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [row = {}] = await sql.query(POSTGRES_CLAIM(where), params);
    if (maybeNumber(row['seq']) !== undefined) return toJobRow(row);
    if (number(row['candidates']) === 0) return undefined;
  }
  return undefined; // what is left is being taken by others; the next heartbeat asks again
}
