/** A table that moves with a studio. */
export interface MovedTable {
  readonly name: string;
  /** Tells its rows apart, or the few that belong together; both databases find rows by it in an index. */
  readonly key: string;
  /** The columns that every database has; what the database makes itself is left out. */
  readonly columns: string;
  /** Whether its database numbers the rows, in `seq`. */
  readonly isNumbered?: true;
}

/** The tables of a studio. */
export const MOVED_TABLES: readonly MovedTable[] = [
  {
    name: 'registrations',
    key: 'request_id',
    columns: 'request_id, install_id, secret_hash, capabilities, state, reason, worker_id, created_at',
  },
  { name: 'bootstrap_tokens', key: 'hash', columns: 'hash, expires_at' },
  {
    name: 'workers',
    key: 'id',
    columns: 'id, install_id, token_hash, capabilities, created_at, last_seen_at, deleted',
  },
  { name: 'models', key: 'id', columns: 'id, kind, display_name, vram_gb, source, created_at, updated_at' },
  {
    name: 'projects',
    key: 'name',
    columns: 'name, created_at, removed_at, max_queued, max_running, max_per_day, max_artifact_bytes, day, day_jobs',
  },
  { name: 'tokens', key: 'id', columns: 'id, hash, name, project, scopes, created_at, expires_at' },
  {
    name: 'jobs',
    key: 'id',
    columns: `seq, id, project, state, kind, model, model_source, task, prompt, game_id, asset_name, vram_gb, vram_class,
              priority, attempts, max_attempts, worker_id, error, ended_because, result, artifact_name, artifact_ext,
              artifact_type, artifact_size, artifact_sha256, ran_on, created_at, updated_at, started_at, finished_at,
              deadline_at, webhook`,
    isNumbered: true,
  },
  {
    name: 'job_attempts',
    key: 'job_id',
    columns: 'job_id, number, worker_id, started_at, ended_at, outcome, error',
  },
  { name: 'rejections', key: 'job_id', columns: 'job_id, worker_id, reason, final, at' },
  {
    name: 'audit',
    key: 'seq',
    columns: 'seq, at, actor, actor_id, actor_name, action, subject, project, details, address',
    isNumbered: true,
  },
  {
    name: 'webhooks',
    key: 'id',
    columns: 'id, url, receiver, events, secret, created_at, disabled_at, disabled_because',
  },
  { name: 'studio_secrets', key: 'name', columns: 'name, secret' },
  {
    name: 'webhook_deliveries',
    key: 'id',
    columns: `seq, id, webhook_id, url, receiver, job_id, event, facts, state, attempts, created_at, next_at, ended_at,
              last_status, last_error`,
    isNumbered: true,
  },
  {
    name: 'logs',
    key: 'seq',
    columns: 'seq, worker_id, ts, level, category, message, job_id',
    isNumbered: true,
  },
];
