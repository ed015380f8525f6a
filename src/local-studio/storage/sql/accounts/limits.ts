import { DAY_MS } from '../../../../base/units.ts';
import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { LimitReached, ProjectLimits } from '../../tables/projects.ts';
import { maybeNumber, number } from '../columns.ts';

/*
 * Whether a project may have one more job. Two studios that ask at once must not both be given the last one: whoever
 * counts holds the project's row. A project without limits is only kept from being removed meanwhile, so that its jobs
 * are added side by side.
 */

/** A project's limits, from its row. */
export const limitsIn = (row: Row): ProjectLimits => ({
  maxQueued: maybeNumber(row['max_queued']),
  maxRunning: maybeNumber(row['max_running']),
  maxPerDay: maybeNumber(row['max_per_day']),
  maxArtifactBytes: maybeNumber(row['max_artifact_bytes']),
});

type Dialect = Pick<Sql, 'dialect'>;

/** Keeps a row from being removed. In SQLite nobody else is there. */
export const keptSql = ({ dialect }: Dialect): string => (dialect === 'sqlite' ? '' : 'FOR KEY SHARE');
/** Keeps a row from being changed. */
export const lockedSql = ({ dialect }: Dialect): string => (dialect === 'sqlite' ? '' : 'FOR NO KEY UPDATE');

/** A job as far as its project's limits go. */
export interface LimitedJob {
  readonly project: string;
  readonly jobId: string;
  readonly at: number;
  /** Counts for the day. */
  readonly isNew: boolean;
}

/** Whether the project takes the job, which is then counted. Within a transaction of `locking`. */
export async function checkLimits(
  sql: Dialect,
  query: Query,
  job: LimitedJob,
): Promise<LimitReached | 'within-limits' | 'no-project'> {
  const { project, jobId, at, isNew } = job;
  const select = 'SELECT * FROM projects WHERE name = $1 AND removed_at IS NULL';
  const [kept] = await query(`${select} ${keptSql(sql)}`, [project]);
  if (kept === undefined) return 'no-project';
  if (!isCounted(limitsIn(kept))) return 'within-limits';
  const [row = kept] = await query(`${select} ${lockedSql(sql)}`, [project]);
  // The same call, repeated after a lost connection, was counted.
  if (isNew && (await query('SELECT seq FROM jobs WHERE id = $1', [jobId])).length > 0) return 'within-limits';
  const reached = await limitReached(query, row, job);
  if (reached !== undefined) return reached;
  if (isNew && limitsIn(row).maxPerDay !== undefined) {
    const day = dayFor(row, at);
    await query('UPDATE projects SET day = $2, day_jobs = $3 WHERE name = $1', [project, day, jobsOn(row, day) + 1]);
  }
  return 'within-limits';
}

const isCounted = ({ maxQueued, maxPerDay, maxArtifactBytes }: ProjectLimits): boolean =>
  maxQueued !== undefined || maxPerDay !== undefined || maxArtifactBytes !== undefined;

async function limitReached(query: Query, row: Row, job: LimitedJob): Promise<LimitReached | undefined> {
  const { project, at, isNew } = job;
  const { maxQueued, maxPerDay, maxArtifactBytes } = limitsIn(row);
  const today = jobsOn(row, dayFor(row, at));
  if (isNew && maxPerDay !== undefined && today >= maxPerDay) return reached('maxPerDay', maxPerDay, today);
  if (maxQueued !== undefined) {
    const queued = await countQueued(query, project, maxQueued);
    if (queued >= maxQueued) return reached('maxQueued', maxQueued, await countQueued(query, project));
  }
  if (maxArtifactBytes !== undefined) {
    const bytes = await sumArtifacts(query, project);
    if (bytes >= maxArtifactBytes) return reached('maxArtifactBytes', maxArtifactBytes, bytes);
  }
  return undefined;
}

const reached = (limit: LimitReached['limit'], max: number, now: number): LimitReached => ({
  is: 'limit-reached',
  limit,
  max,
  now,
});

/** Days since the epoch. A studio whose clock is behind the others' counts for the day that they are at. */
const dayFor = (row: Row, at: number): number => Math.max(dayOf(at), number(row['day']));
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);
const jobsOn = (row: Row, day: number): number => (number(row['day']) === day ? number(row['day_jobs']) : 0);

/** Jobs that wait; not counted further than `enough`. */
export async function countQueued(query: Query, project: string, enough = Number.MAX_SAFE_INTEGER): Promise<number> {
  const waiting = `SELECT 1 FROM jobs WHERE state = 'queued' AND project = $1 LIMIT $2`;
  const [row] = await query(`SELECT COUNT(*) AS total FROM (${waiting}) waiting`, [project, enough]);
  return number(row?.['total']);
}

/** Jobs that are offered or run. */
export async function countUnderway(query: Query, project: string): Promise<number> {
  const [row] = await query(
    `SELECT COUNT(*) AS total FROM jobs WHERE project = $1 AND state IN ('offered', 'running')`,
    [project],
  );
  return number(row?.['total']);
}

/** Jobs created that day, counted from the newest back to the first that is older. */
export async function countCreated(query: Query, project: string, day: number): Promise<number> {
  const [row] = await query(
    `SELECT COUNT(*) AS total FROM jobs WHERE project = $1 AND seq > COALESCE(
       (SELECT seq FROM jobs WHERE project = $1 AND created_at < $2 ORDER BY seq DESC LIMIT 1), 0)`,
    [project, day * DAY_MS],
  );
  return number(row?.['total']);
}

/** Bytes of artifacts that are kept. */
export async function sumArtifacts(query: Query, project: string): Promise<number> {
  const [row] = await query(
    'SELECT SUM(artifact_size) AS size FROM jobs WHERE project = $1 AND artifact_name IS NOT NULL',
    [project],
  );
  return number(row?.['size']);
}
