import { TASK_KIND_IDS, type TaskKindId } from '../../../contract/tasks/index.ts';
import { vramClass } from '../../queue/suitability.ts';
import type { RunnableJobs } from '../tables/projects.ts';
import type { JobRow, OfferCriteria } from '../tables/jobs.ts';
import { maybeNumber, number, text } from './columns.ts';
import { countUnderway, lockedSql } from './accounts/limits.ts';
import { holdSql, nowSql } from './holds.ts';
import { toJobRow } from './job-reads.ts';
import type { Param, Sql } from '../../../system/database/sql.ts';

/*
 * The next job for a worker, without looking at the queue's length.
 *
 * `jobs_queue` sorts what is queued by (project, kind, engine, vram_class, priority, seq). In one queue lane, which
 * is a project, kind, engine and class of GPU memory, the jobs stand in the order in which they are to be offered, so the
 * best of a lane is its first row, and the best of those wins. Classes are whole gigabytes: few, however many jobs there
 * are, and the table `queue_lanes` lists the lanes that were ever used. Only the class in which a fractional threshold
 * falls is read row by row, in the index alone. The lanes of a project that runs as many jobs as it may are left out, so
 * that its queue, however long, is in nobody's way.
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
  readonly full: number;
}

/** Projects that may run one more job, or any number. */
const OPEN = `removed_at IS NULL AND (max_running IS NULL OR max_running > (
  SELECT COUNT(*) FROM jobs busy WHERE busy.project = projects.name AND busy.state IN ('offered', 'running')))`;

/** Takes the best job: in SQLite nobody else asks at the same time. */
const SQLITE_TAKE = (where: Conditions): string =>
  `UPDATE jobs SET ${where.taken} WHERE state = 'queued' AND seq = (
     SELECT head.seq FROM projects CROSS JOIN queue_lanes lane JOIN jobs head ON head.seq = (
       SELECT queued.seq FROM jobs queued WHERE ${where.fits} ORDER BY queued.priority DESC, queued.seq LIMIT 1)
     WHERE ${OPEN} AND lane.project = projects.name AND ${where.lane}
     ORDER BY head.priority DESC, head.seq LIMIT 1) RETURNING *`;

/** The best jobs of which one is taken: what others take at the same time is passed over. */
const MAX_CANDIDATES = 32;

/**
 * Candidates are looked up one by one: in a join the database may read the whole queue, when it does not know yet how long
 * that is. Always returns a row, so that "nothing fits" differs from "others were faster".
 */
const POSTGRES_TAKE = (where: Conditions): string =>
  `WITH open AS MATERIALIZED (SELECT name, max_running FROM projects WHERE ${OPEN} ${where.notFull}),
   candidates AS MATERIALIZED (
     SELECT head.seq, head.priority FROM open JOIN queue_lanes lane ON lane.project = open.name CROSS JOIN LATERAL (
       SELECT queued.seq, queued.priority FROM jobs queued WHERE ${where.fits}
       ORDER BY queued.priority DESC, queued.seq LIMIT ${MAX_CANDIDATES}) head
     WHERE ${where.lane} ORDER BY head.priority DESC, head.seq LIMIT ${MAX_CANDIDATES}),
   free AS (
     SELECT locked.seq FROM (SELECT seq FROM candidates ORDER BY priority DESC, seq) best CROSS JOIN LATERAL (
       SELECT jobs.seq FROM jobs WHERE jobs.seq = best.seq AND jobs.state = 'queued' FOR UPDATE SKIP LOCKED) locked
     LIMIT 1),
   taken AS (UPDATE jobs SET ${where.taken} WHERE seq IN (SELECT seq FROM free) RETURNING *)
   SELECT taken.*, (SELECT COUNT(*) FROM candidates) AS candidates,
     (SELECT max_running FROM open WHERE open.name = taken.project) AS max_running
   FROM (SELECT 1) one LEFT JOIN taken ON TRUE`;

/** How often a worker asks again after others took all that it was to choose from. */
const MAX_ROUNDS = 20;

/** Parts of the statement. */
interface Conditions {
  readonly fits: string;
  readonly lane: string;
  readonly notFull: string;
  readonly taken: string;
}

/** `$1` is the threshold, `$2` its class, then kinds, engines, jobs to skip, projects to skip, the worker and the time. */
function conditions(sql: Pick<Sql, 'dialect'>, { kinds, engines, except, full }: ListLengths): Conditions {
  const list = (from: number, length: number): string => Array.from({ length }, (_, at) => `$${from + at}`).join(', ');
  const [atEngines, atExcept] = [3 + kinds, 3 + kinds + engines];
  const [atFull, atWorker] = [atExcept + except, atExcept + except + full];
  const skip = except === 0 ? '' : `AND queued.seq NOT IN (${list(atExcept, except)})`;
  return {
    fits: `queued.state = 'queued' AND queued.project = lane.project AND queued.kind = lane.kind
           AND queued.engine = lane.engine AND queued.vram_class = lane.vram_class AND queued.vram_gb <= $1 ${skip}
           AND (queued.deadline_at IS NULL OR queued.deadline_at > ${nowSql(sql, `$${atWorker + 1}`)})`,
    lane: `lane.kind IN (${list(3, kinds)}) AND lane.engine IN (${list(atEngines, engines)}) AND lane.vram_class <= $2`,
    notFull: full === 0 ? '' : `AND name NOT IN (${list(atFull, full)})`,
    taken: `state = 'offered', worker_id = $${atWorker}, updated_at = $${atWorker + 1}${holdSql(sql).offers}`,
  };
}

/**
 * The queue lanes of a project in which jobs wait; looked up one by one, as the candidates are, and in the order of the
 * index: without one the database may read the jobs until it meets such a job.
 */
const RUNNABLE = `SELECT lane.kind, lane.engine, MIN(lane.vram_class) AS vram_class
  FROM projects JOIN queue_lanes lane ON lane.project = projects.name
  WHERE projects.name = $1 AND ${OPEN} AND (
    SELECT queued.seq FROM jobs queued WHERE queued.state = 'queued' AND queued.project = lane.project
      AND queued.kind = lane.kind AND queued.engine = lane.engine AND queued.vram_class = lane.vram_class
    ORDER BY queued.priority DESC, queued.seq LIMIT 1) IS NOT NULL
  GROUP BY lane.kind, lane.engine`;

/** See `ProjectTable.runnable`. */
export async function runnableOf(sql: Pick<Sql, 'query'>, project: string): Promise<readonly RunnableJobs[]> {
  return (await sql.query(RUNNABLE, [project])).flatMap((row) => {
    const kind = TASK_KIND_IDS.find((known) => known === row['kind']);
    return kind === undefined ? [] : [{ kind, engine: text(row['engine']), vramClass: number(row['vram_class']) }];
  });
}

type TakingSql = Pick<Sql, 'dialect' | 'query' | 'locking'>;

/** Picks and takes in one statement: no other worker can get the same job in between. */
export async function takeNext(sql: TakingSql, criteria: OfferCriteria, at: number): Promise<JobRow | undefined> {
  const kinds: readonly TaskKindId[] = [...new Set(criteria.kinds)];
  const engines = [...new Set(criteria.engines)].slice(0, MAX_ENGINES);
  if (kinds.length === 0 || engines.length === 0) return undefined;
  const except = criteria.except.slice(-MAX_EXCEPTED);
  const { thresholdGb, workerId } = criteria;
  const full = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const lists: readonly Param[] = [...kinds, ...engines, ...except, ...full];
    const params: readonly Param[] = [thresholdGb, vramClass(thresholdGb), ...lists, workerId, at];
    const lengths = { kinds: kinds.length, engines: engines.length, except: except.length, full: full.size };
    const where = conditions(sql, lengths);
    if (sql.dialect === 'sqlite') return (await sql.query(SQLITE_TAKE(where), params)).map(toJobRow)[0];
    const [row = {}] = await sql.query(POSTGRES_TAKE(where), params);
    if (maybeNumber(row['seq']) !== undefined) {
      const job = toJobRow(row);
      if (maybeNumber(row['max_running']) === undefined || (await keepsLimit(sql, job, workerId))) return job;
      full.add(job.project);
    } else if (number(row['candidates']) === 0) return undefined;
  }
  return undefined; // what is left is being taken by others; the next heartbeat asks again
}

/**
 * Whether what was taken is within its project's limit, after all. Two studios may each have counted before the other took a
 * job: they count again, one after the other, and whoever finds one too many puts its own back.
 */
const keepsLimit = ({ locking, dialect }: TakingSql, job: JobRow, workerId: string): Promise<boolean> =>
  locking(async (query) => {
    const [row] = await query(`SELECT max_running FROM projects WHERE name = $1 ${lockedSql({ dialect })}`, [
      job.project,
    ]);
    const max = maybeNumber(row?.['max_running']);
    if (max === undefined || (await countUnderway(query, job.project)) <= max) return true;
    await query(
      `UPDATE jobs SET state = 'queued', worker_id = NULL WHERE id = $1 AND worker_id = $2 AND state = 'offered'`,
      [job.id, workerId],
    );
    return false;
  });
