import type { AttemptRow, Completion, Ending, JobTable } from '../../tables/jobs.ts';
import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { EndedBecause } from '../../../queue/endings.ts';
import type { Requeue } from '../../tables/projects.ts';
import { checkLimits } from '../accounts/limits.ts';
import { maybeNumber, maybeText, number, text } from '../columns.ts';
import { holdSql, nowSql } from '../holds.ts';
import { ENDED_COLUMNS, endingIn, queueDeliveries } from '../webhooks/outbox.ts';
import type { Signals } from '../signals.ts';

/** Attempts kept per job: an operator who retries for ever does not fill the disk. */
const MAX_ATTEMPTS_KEPT = 50;

/** Whether the worker had this job before: the guard of all that a worker may do for a job that is queued again. */
export const HAD_IT = 'EXISTS (SELECT 1 FROM job_attempts a WHERE a.job_id = jobs.id AND a.worker_id = $2)';
/**
 * Its own job, or one that was taken from it and that nobody else has: work is not done twice. Its own may still look
 * offered: an upload does not travel on the socket and can overtake the accept.
 */
export const MAY_DELIVER = `((state IN ('running', 'offered') AND worker_id = $2) OR (state = 'queued' AND ${HAD_IT}))`;

/** The ways a job's run ends. Each is one transaction, on the disk before anyone is answered. */
export function jobEndings(
  sql: Sql,
  signals: Signals,
): Pick<JobTable, 'end' | 'complete' | 'cancel' | 'retry' | 'forgetArtifact'> {
  const { lapsed } = holdSql(sql);
  const endOne = async (work: (query: Query) => Promise<Row | undefined>): Promise<boolean> => {
    const ended = await inEndingTransaction(sql, signals, async (query) => {
      const row = await work(query);
      return row === undefined ? [] : [row];
    });
    return ended.length > 0;
  };
  return {
    end: (id, workerId, how, at) => {
      const only = how.onlyLapsed === true ? lapsed : '';
      return endOne((query) => endWithoutResult(query, { id, workerId, at }, how, only));
    },
    complete: (id, workerId, completion, at) => endOne((query) => complete(query, { id, workerId, at }, completion)),
    forgetArtifact: (id, name) =>
      sql.durable(async (query) => {
        const gone = 'UPDATE jobs SET artifact_name = NULL WHERE id = $1 AND artifact_name = $2 RETURNING seq';
        return (await query(gone, [id, name])).length > 0;
      }),
    cancel: (id, at) => endOne((query) => cancel(query, id, at)),
    retry: (id, at) => sql.locking((query) => retry(sql, query, id, at)),
  };
}

async function retry(sql: Sql, query: Query, id: string, at: number): Promise<Requeue> {
  const undone = "id = $1 AND state IN ('failed', 'cancelled')";
  const [job] = await query(`SELECT project FROM jobs WHERE ${undone}`, [id]);
  if (job === undefined) return { is: 'not-ended' };
  const limits = await checkLimits(sql, query, { project: text(job['project']), jobId: id, at, isNew: false });
  if (limits === 'no-project') return { is: limits };
  if (limits !== 'within-limits') return limits;
  const rows = await query(
    `UPDATE jobs SET state = 'queued', attempts = 0, worker_id = NULL, error = NULL, ended_because = NULL,
       started_at = NULL, finished_at = NULL, updated_at = $2,
       deadline_at = CASE WHEN deadline_at > ${nowSql(sql, '$2')} THEN deadline_at END
     WHERE ${undone} RETURNING seq`,
    [id, at],
  );
  return { is: rows.length > 0 ? 'queued' : 'not-ended' };
}

interface Run {
  readonly id: string;
  readonly workerId: string;
  readonly at: number;
}

async function endWithoutResult(
  query: Query,
  { id, workerId, at }: Run,
  ending: Ending,
  only: string,
): Promise<Row | undefined> {
  const [row] = await query(
    `UPDATE jobs SET state = $3, error = $4, updated_at = $5,
       worker_id = CASE WHEN $3 = 'queued' THEN NULL ELSE worker_id END,
       finished_at = CASE WHEN $3 = 'queued' THEN NULL ELSE $5 END,
       ended_because = CASE WHEN $3 = 'queued' THEN NULL ELSE $6 END
     WHERE id = $1 AND state = 'running' AND worker_id = $2 ${only} RETURNING ${ENDED_COLUMNS}`,
    [id, workerId, ending.to, ending.error, at, 'attempt' satisfies EndedBecause],
  );
  if (row === undefined) return undefined;
  const spent = { workerId, startedAt: number(row['started_at']), endedAt: at };
  await keepAttempt(query, id, { ...spent, outcome: ending.outcome, error: ending.error });
  return row;
}

async function complete(query: Query, { id, workerId, at }: Run, completion: Completion): Promise<Row | undefined> {
  const { artifact } = completion;
  const [row] = await query(
    `UPDATE jobs SET state = 'completed', worker_id = $2, error = NULL, updated_at = $3, finished_at = $3,
       attempts = CASE WHEN state = 'running' THEN attempts ELSE attempts + 1 END,
       started_at = COALESCE(started_at, $3),
       prompt = COALESCE($4, prompt), result = $5, artifact_name = $6, artifact_ext = $7, artifact_type = $8,
       artifact_size = $9, artifact_sha256 = $10, ran_on = $11
     WHERE id = $1 AND ${MAY_DELIVER} RETURNING ${ENDED_COLUMNS}`,
    [
      id,
      workerId,
      at,
      completion.prompt ?? null,
      completion.result ?? null,
      artifact?.name ?? null,
      artifact?.ext ?? null,
      artifact?.contentType ?? null,
      artifact?.sizeBytes ?? null,
      artifact?.sha256 ?? null,
      completion.ranOn ?? null,
    ],
  );
  if (row === undefined) return undefined;
  const spent = { workerId, startedAt: number(row['started_at']), endedAt: at };
  await keepAttempt(query, id, { ...spent, outcome: 'completed', error: undefined });
  return row;
}

async function cancel(query: Query, id: string, at: number): Promise<Row | undefined> {
  // Not by SELECT: an update that changes nothing holds the row until the end, in every database.
  const [before] = await query(
    'UPDATE jobs SET updated_at = updated_at WHERE id = $1 RETURNING state, worker_id, started_at',
    [id],
  );
  const [row] = await query(
    `UPDATE jobs SET state = 'cancelled', updated_at = $2, finished_at = $2, ended_because = $3
     WHERE id = $1 AND state IN ('queued', 'offered', 'running') RETURNING ${ENDED_COLUMNS}`,
    [id, at, 'cancelled' satisfies EndedBecause],
  );
  const workerId = maybeText(before?.['worker_id']);
  if (row !== undefined && before?.['state'] === 'running' && workerId !== undefined) {
    const spent = {
      workerId,
      startedAt: number(before['started_at']),
      endedAt: at,
    };
    await keepAttempt(query, id, { ...spent, outcome: 'cancelled', error: undefined });
  }
  return row;
}

/**
 * Runs what ends jobs, and puts into the outbox who is to be told of it: both happen, or neither. Their places are free once
 * it is done.
 */
export async function inEndingTransaction(
  sql: Pick<Sql, 'durable'>,
  signals: Signals,
  work: (query: Query) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const done = await sql.durable(async (query) => {
    const ended = await work(query);
    let told = 0;
    for (const row of ended) told += await queueDeliveries(query, row);
    return ended.length > 0 && { ended, told }; // false where nothing happened, which the audit log goes by
  });
  if (done === false) return [];
  if (done.told > 0) signals.queued.raise();
  announceEnded(signals, done.ended);
  for (const project of limitedProjects(done.ended)) signals.freed.raise(project);
  return done.ended;
}

/** Tells of the jobs that have ended, once that is written. */
export function announceEnded({ ended }: Pick<Signals, 'ended'>, rows: readonly Row[]): void {
  const endings = rows.flatMap((row) => endingIn(row) ?? []);
  if (endings.length > 0) ended.raise(endings);
}

/** The projects of those that have ended which limit how many of their jobs run. */
const limitedProjects = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(
    rows.flatMap((row) =>
      maybeNumber(row['max_running']) === undefined || row['state'] === 'queued' ? [] : [text(row['project'])],
    ),
  );

/** Numbered on from the one before, also when the job was retried and has all its attempts again. */
export async function keepAttempt(query: Query, jobId: string, attempt: Omit<AttemptRow, 'number'>): Promise<void> {
  const [kept] = await query(
    `INSERT INTO job_attempts (job_id, number, worker_id, started_at, ended_at, outcome, error)
     VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM job_attempts WHERE job_id = $1), $2, $3, $4, $5, $6)
     RETURNING number`,
    [
      jobId,
      attempt.workerId,
      attempt.startedAt,
      attempt.endedAt ?? attempt.startedAt,
      attempt.outcome,
      attempt.error ?? null,
    ],
  );
  if (number(kept?.['number']) < 3) return; // the usual job pays for no sweep
  await query(
    `DELETE FROM job_attempts WHERE job_id = $1 AND ended_at < (
       SELECT MIN(ended_at) FROM (
         SELECT ended_at FROM job_attempts WHERE job_id = $1 ORDER BY ended_at DESC LIMIT $2) newest)`,
    [jobId, MAX_ATTEMPTS_KEPT],
  );
}
