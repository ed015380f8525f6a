import type { Query, Sql } from '../../../system/database/sql.ts';
import { CREATE_MIGRATIONS, ENDED_BECAUSE_SQL, type Step, stepsTaken, takeSteps } from './migrations.ts';

/** The schema in SQLite, one step per release that changed it. A step is never edited once it was released. */
const STEPS: readonly Step[] = [
  [
    `CREATE TABLE registrations (
       request_id TEXT PRIMARY KEY, install_id TEXT NOT NULL, secret_hash TEXT NOT NULL, capabilities TEXT NOT NULL,
       state TEXT NOT NULL, reason TEXT NOT NULL, worker_id TEXT, created_at BIGINT NOT NULL)`,
    `CREATE INDEX registrations_waiting ON registrations (state, created_at)`,
    `CREATE INDEX registrations_install ON registrations (install_id, state)`,
    `CREATE TABLE bootstrap_tokens (hash TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)`,
    `CREATE TABLE workers (
       id TEXT PRIMARY KEY, install_id TEXT, token_hash TEXT NOT NULL, capabilities TEXT NOT NULL,
       created_at BIGINT NOT NULL, last_seen_at BIGINT, deleted INTEGER NOT NULL)`,
    `CREATE INDEX workers_install ON workers (install_id)`,
    `CREATE TABLE models (
       id TEXT PRIMARY KEY, kind TEXT NOT NULL, display_name TEXT, vram_gb DOUBLE PRECISION NOT NULL,
       source TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)`,
    // SQLite fills an `INTEGER PRIMARY KEY` by itself and AUTOINCREMENT never hands out a number twice.
    `CREATE TABLE jobs (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, kind TEXT NOT NULL,
       model TEXT NOT NULL, model_source TEXT NOT NULL, task TEXT NOT NULL, prompt TEXT NOT NULL,
       game_id TEXT NOT NULL, asset_name TEXT NOT NULL, vram_gb DOUBLE PRECISION NOT NULL, vram_class INTEGER NOT NULL,
       priority INTEGER NOT NULL, attempts INTEGER NOT NULL, max_attempts INTEGER NOT NULL, worker_id TEXT, error TEXT,
       result TEXT, artifact_name TEXT, artifact_ext TEXT, artifact_type TEXT, artifact_size BIGINT,
       artifact_sha256 TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, started_at BIGINT,
       finished_at BIGINT)`,
    // Partial indexes: most jobs have ended, and a job that moves on writes no page of an index it is not in.
    `CREATE INDEX jobs_queue ON jobs (kind, vram_class, priority DESC, seq, vram_gb) WHERE state = 'queued'`,
    `CREATE INDEX jobs_underway ON jobs (seq) WHERE state IN ('offered', 'running')`,
    `CREATE INDEX jobs_undone ON jobs (seq) WHERE state IN ('failed', 'cancelled')`,
    // One row per kind and class of GPU memory that ever queued a job; `next-job.ts` starts from these. The name stays:
    // an earlier release must find it after a rollback.
    `CREATE TABLE lanes (kind TEXT NOT NULL, vram_class INTEGER NOT NULL, PRIMARY KEY (kind, vram_class))`,
    `CREATE TABLE job_attempts (
       job_id TEXT NOT NULL, number INTEGER NOT NULL, worker_id TEXT NOT NULL, started_at BIGINT NOT NULL,
       ended_at BIGINT NOT NULL, outcome TEXT NOT NULL, error TEXT)`,
    `CREATE INDEX job_attempts_job ON job_attempts (job_id, worker_id)`,
    `CREATE TABLE logs (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, worker_id TEXT NOT NULL, ts TEXT NOT NULL, level TEXT NOT NULL,
       category TEXT NOT NULL, message TEXT NOT NULL, job_id TEXT)`,
    `CREATE INDEX logs_worker ON logs (worker_id, seq)`,
  ],
  [`ALTER TABLE jobs ADD COLUMN ran_on TEXT`],
  [
    // Made from what is there, so that jobs which an earlier release queued have it too.
    `ALTER TABLE jobs ADD COLUMN engine TEXT GENERATED ALWAYS AS (json_extract(model_source, '$.engine')) VIRTUAL`,
    `DROP INDEX jobs_queue`,
    `CREATE INDEX jobs_queue ON jobs (kind, engine, vram_class, priority DESC, seq, vram_gb) WHERE state = 'queued'`,
  ],
  // What the last day was like.
  [`CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL`],
  [`CREATE INDEX jobs_artifacts ON jobs (finished_at) WHERE artifact_name IS NOT NULL`],
  // What workers answered to offers, for the operator.
  [
    `CREATE TABLE rejections (
       job_id TEXT NOT NULL, worker_id TEXT NOT NULL, reason TEXT NOT NULL, final INTEGER NOT NULL, at BIGINT NOT NULL,
       PRIMARY KEY (job_id, worker_id))`,
    `CREATE INDEX rejections_at ON rejections (at)`,
    `CREATE INDEX rejections_worker ON rejections (worker_id, at)`,
  ],
  // Deadlines of jobs.
  [
    `ALTER TABLE jobs ADD COLUMN deadline_at BIGINT`,
    `CREATE INDEX jobs_deadline ON jobs (deadline_at)
       WHERE state IN ('queued', 'offered', 'running') AND deadline_at IS NOT NULL`,
  ],
  // Projects. The day's count is only kept for one that limits it.
  [
    `CREATE TABLE projects (
       name TEXT PRIMARY KEY, created_at BIGINT NOT NULL, removed_at BIGINT, max_queued BIGINT, max_running BIGINT,
       max_per_day BIGINT, max_artifact_bytes BIGINT, day BIGINT NOT NULL DEFAULT 0, day_jobs BIGINT NOT NULL DEFAULT 0)`,
    `INSERT INTO projects (name, created_at) VALUES ('default', 0)`,
    `ALTER TABLE jobs ADD COLUMN project TEXT NOT NULL DEFAULT 'default'`,
    `DROP INDEX jobs_queue`,
    `CREATE INDEX jobs_queue ON jobs (project, kind, engine, vram_class, priority DESC, seq, vram_gb, deadline_at)
       WHERE state = 'queued'`,
    `CREATE INDEX jobs_project ON jobs (project, seq, created_at)`,
    `CREATE INDEX jobs_project_underway ON jobs (project) WHERE state IN ('offered', 'running')`,
    `CREATE INDEX jobs_project_artifacts ON jobs (project, artifact_size) WHERE artifact_name IS NOT NULL`,
    // In place of `lanes`, which earlier releases go on with. Both by a trigger: whichever release adds a job, each finds it.
    `CREATE TABLE queue_lanes (
       project TEXT NOT NULL, kind TEXT NOT NULL, engine TEXT NOT NULL, vram_class INTEGER NOT NULL,
       PRIMARY KEY (project, kind, engine, vram_class))`,
    `INSERT INTO queue_lanes SELECT DISTINCT project, kind, engine, vram_class FROM jobs WHERE engine IS NOT NULL`,
    `CREATE TRIGGER jobs_lane AFTER INSERT ON jobs BEGIN
       INSERT INTO lanes (kind, vram_class) VALUES (new.kind, new.vram_class) ON CONFLICT DO NOTHING;
       INSERT INTO queue_lanes (project, kind, engine, vram_class)
         SELECT project, kind, engine, vram_class FROM jobs WHERE seq = new.seq AND engine IS NOT NULL
         ON CONFLICT DO NOTHING;
     END`,
  ],
  // Tokens of projects.
  [
    `CREATE TABLE tokens (
       id TEXT PRIMARY KEY, hash TEXT NOT NULL, name TEXT, project TEXT NOT NULL, scopes TEXT NOT NULL,
       created_at BIGINT NOT NULL, expires_at BIGINT)`,
  ],
  // Who changed what. Entries are added, and removed by their age alone.
  [
    `CREATE TABLE audit (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, at BIGINT NOT NULL, actor TEXT NOT NULL, actor_id TEXT,
       actor_name TEXT, action TEXT NOT NULL, subject TEXT, project TEXT, details TEXT, address TEXT)`,
    `CREATE INDEX audit_at ON audit (at, seq)`,
    `CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
       SELECT RAISE(ABORT, 'the audit log is append-only');
     END`,
  ],
  // Webhooks, and the outbox of what they are to be told.
  [
    `ALTER TABLE jobs ADD COLUMN webhook TEXT`,
    `CREATE TABLE webhooks (
       id TEXT PRIMARY KEY, url TEXT NOT NULL, receiver TEXT NOT NULL, events TEXT NOT NULL, secret TEXT NOT NULL,
       created_at BIGINT NOT NULL, disabled_at BIGINT, disabled_because TEXT)`,
    `CREATE TABLE studio_secrets (name TEXT PRIMARY KEY, secret TEXT NOT NULL)`,
    `CREATE TABLE webhook_deliveries (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, webhook_id TEXT, url TEXT,
       receiver TEXT NOT NULL, job_id TEXT NOT NULL, event TEXT NOT NULL, facts TEXT NOT NULL, state TEXT NOT NULL,
       attempts INTEGER NOT NULL, created_at BIGINT NOT NULL, next_at BIGINT NOT NULL, ended_at BIGINT,
       last_status INTEGER, last_error TEXT)`,
    `CREATE INDEX deliveries_due ON webhook_deliveries (receiver, next_at, seq) WHERE state = 'pending'`,
    `CREATE INDEX deliveries_next ON webhook_deliveries (next_at) WHERE state = 'pending'`,
    `CREATE INDEX deliveries_webhook ON webhook_deliveries (webhook_id, state)`,
    `CREATE INDEX deliveries_job ON webhook_deliveries (job_id)`,
    `CREATE INDEX deliveries_ended ON webhook_deliveries (ended_at) WHERE state <> 'pending'`,
  ],
  // Why a job ended. Earlier releases do not write that: the trigger has it from what they do write.
  [
    `ALTER TABLE jobs ADD COLUMN ended_because TEXT`,
    `UPDATE jobs SET ended_because = ${ENDED_BECAUSE_SQL} WHERE state IN ('failed', 'cancelled')`,
    `CREATE TRIGGER jobs_ended AFTER UPDATE OF state ON jobs
       WHEN (new.ended_because IS NOT NULL) <> (new.state IN ('failed', 'cancelled')) BEGIN
       UPDATE jobs SET ended_because = CASE WHEN state IN ('failed', 'cancelled') THEN ${ENDED_BECAUSE_SQL} END
         WHERE seq = new.seq;
     END`,
  ],
  // All that the last day is counted by, so that no job of it is read for that.
  [
    `DROP INDEX jobs_ended`,
    `CREATE INDEX jobs_ended ON jobs (finished_at, state, started_at, created_at) WHERE finished_at IS NOT NULL`,
  ],
];

/** Whether the schema is this release's already. */
export async function isCurrentSqlite(query: Query): Promise<boolean> {
  const taken = await stepsTaken(query);
  return taken.size === STEPS.length && STEPS.every((_, step) => taken.has(step));
}

/** Brings the schema to this release's. */
export async function migrateSqlite(sql: Sql): Promise<void> {
  await sql.query(CREATE_MIGRATIONS);
  await takeSteps(STEPS, await stepsTaken(sql.query), (work) => sql.durable(work));
}
