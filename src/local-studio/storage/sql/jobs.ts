import { vramClass } from '../../queue/suitability.ts';
import type { Addition } from '../tables/projects.ts';
import type { JobTable, NewJob } from '../tables/jobs.ts';
import type { JobChange } from '../tables/urgency.ts';
import { checkLimits } from './accounts/limits.ts';
import { expireJobs, IS_OPEN } from './endings/deadlines.ts';
import { HAD_IT, jobEndings } from './endings/job-endings.ts';
import { readJobs } from './job-reads.ts';
import { holdSql, renewHold } from './holds.ts';
import type { Signals } from './signals.ts';
import { takeNext } from './next-job.ts';
import type { Param, Query, Sql } from '../../../system/database/sql.ts';

/** The job table: reads, a job's way to a worker, and the ways its runs end. */
export const createSqlJobs = (sql: Sql, signals: Signals): JobTable => ({
  ...readJobs(sql),
  ...moveJobs(sql),
  ...jobEndings(sql, signals),
  ...expireJobs(sql, signals),
});

/** A job's way to a worker. None of these waits for the disk, see the top of `store.ts`; adding one does. */
function moveJobs(sql: Sql): Pick<JobTable, 'add' | 'offerNext' | 'release' | 'start' | 'resume' | 'renew' | 'change'> {
  const hold = holdSql(sql);
  const changed = async (text: string, params: readonly Param[]): Promise<boolean> =>
    (await sql.query(`${text} RETURNING seq`, params)).length > 0;
  return {
    add: (job) => sql.locking((query) => addJob(sql, query, job)),
    offerNext: (criteria, at) => takeNext(sql, criteria, at),
    release: (id, workerId, at, onlyLapsed = false) =>
      changed(
        `UPDATE jobs SET state = 'queued', worker_id = NULL, updated_at = $3
         WHERE id = $1 AND worker_id = $2 AND state = 'offered' ${onlyLapsed ? hold.lapsed : ''}`,
        [id, workerId, at],
      ),
    start: (id, workerId, at) =>
      changed(
        // Also once it is done: a call that a lost connection repeats must not seem to have failed.
        `UPDATE jobs SET state = 'running', attempts = CASE WHEN state = 'offered' THEN attempts + 1 ELSE attempts END,
           started_at = $3, updated_at = $3${hold.begins}
         WHERE id = $1 AND worker_id = $2
           AND (state = 'offered' OR (state = 'running' AND started_at = $3 AND updated_at = $3))`,
        [id, workerId, at],
      ),
    resume: (id, workerId, at, hasAccepted = false) =>
      changed(
        `UPDATE jobs SET state = 'running', worker_id = $2, attempts = attempts + 1, started_at = $3,
           updated_at = $3${hold.begins}
         WHERE id = $1 AND state = 'queued' ${hasAccepted ? '' : `AND ${HAD_IT}`}`,
        [id, workerId, at],
      ),
    change: (id, change, at) => sql.durable((query) => changeJob(query, id, change, at)),
    renew: (id, workerId, ms) => renewHold(sql, id, workerId, ms),
  };
}

async function changeJob(query: Query, id: string, change: JobChange, at: number): Promise<boolean> {
  const { priority, deadlineAt } = change;
  const rows = await query(
    `UPDATE jobs SET priority = COALESCE($2, priority), updated_at = $3,
       deadline_at = CASE WHEN $4 = 1 THEN $5 ELSE deadline_at END
     WHERE id = $1 AND ${priority === undefined ? IS_OPEN : "state = 'queued'"} RETURNING seq`,
    [id, priority ?? null, at, deadlineAt === undefined ? 0 : 1, deadlineAt ?? null],
  );
  return rows.length > 0;
}

async function addJob(sql: Sql, query: Query, job: NewJob): Promise<Addition> {
  const limits = await checkLimits(sql, query, { project: job.project, jobId: job.id, at: job.createdAt, isNew: true });
  if (limits === 'no-project') return { is: limits };
  if (limits !== 'within-limits') return limits;
  await query(
    `INSERT INTO jobs (id, state, kind, model, model_source, task, prompt, game_id, asset_name, vram_gb, vram_class,
       priority, attempts, max_attempts, created_at, updated_at, deadline_at, project, webhook)
     VALUES ($1, 'queued', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $13, $14, $15, $16)
     ON CONFLICT (id) DO NOTHING`, // nobody else has this id: it is the same call, repeated after a lost connection
    [
      job.id,
      job.kind,
      job.model,
      job.modelSource,
      job.task,
      job.prompt,
      job.gameId,
      job.assetName,
      job.vramGb,
      vramClass(job.vramGb),
      job.priority,
      job.maxAttempts,
      job.createdAt,
      job.deadlineAt ?? null,
      job.project,
      job.webhook ?? null,
    ],
  );
  return { is: 'added' };
}
