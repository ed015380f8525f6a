import type { Param, Query, Row } from '../../../system/database/sql.ts';
import { MIGRATION_LOCK } from '../sql/postgres-schema.ts';
import { anotherArrives, arrivingIn, SYNCED, type Target } from './arrival.ts';

/** What was copied. */
export interface Copied {
  readonly workers: number;
  readonly models: number;
  readonly jobs: number;
}

/** The tables of a studio with the columns that every database has; what the database makes itself is left out. */
const TABLES: Readonly<Record<string, string>> = {
  registrations: 'request_id, install_id, secret_hash, capabilities, state, reason, worker_id, created_at',
  bootstrap_tokens: 'hash, expires_at',
  workers: 'id, install_id, token_hash, capabilities, created_at, last_seen_at, deleted',
  models: 'id, kind, display_name, vram_gb, source, created_at, updated_at',
  projects: 'name, created_at, removed_at, max_queued, max_running, max_per_day, max_artifact_bytes, day, day_jobs',
  tokens: 'id, hash, name, project, scopes, created_at, expires_at',
  jobs: `seq, id, project, state, kind, model, model_source, task, prompt, game_id, asset_name, vram_gb, vram_class, priority,
         attempts, max_attempts, worker_id, error, ended_because, result, artifact_name, artifact_ext, artifact_type, artifact_size,
         artifact_sha256, ran_on, created_at, updated_at, started_at, finished_at, deadline_at, webhook`,
  job_attempts: 'job_id, number, worker_id, started_at, ended_at, outcome, error',
  rejections: 'job_id, worker_id, reason, final, at',
  audit: 'seq, at, actor, actor_id, actor_name, action, subject, project, details, address',
  webhooks: 'id, url, receiver, events, secret, created_at, disabled_at, disabled_because',
  studio_secrets: 'name, secret',
  webhook_deliveries: `seq, id, webhook_id, url, receiver, job_id, event, facts, state, attempts, created_at, next_at,
                       ended_at, last_status, last_error`,
  logs: 'seq, worker_id, ts, level, category, message, job_id',
};
const NUMBERED = ['jobs', 'logs', 'audit', 'webhook_deliveries'];
const ROWS_AT_ONCE = 500;

/** What is copied, and as what. */
export interface StudioCopy {
  readonly moveId: string;
  /** New names of artifacts, where they were moved too. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Copies all that a studio on SQLite knows into the PostgreSQL database that its move has reserved, in place of what an
 * interrupted run left there: everything or nothing, on the disk of the server when it resolves.
 *
 * @throws WorkerError `studio.database-unusable` when the reservation is gone
 */
export function copyStudio(from: Query, { sql, shownUrl }: Target, { moveId, renamed }: StudioCopy): Promise<Copied> {
  return sql.alone(MIGRATION_LOCK, async (query) => {
    await query(SYNCED);
    if ((await arrivingIn(query)) !== moveId) throw anotherArrives(shownUrl);
    for (const table of Object.keys(TABLES)) await query(`DELETE FROM ${table}`);
    const counts = new Map<string, number>();
    for (const [table, columns] of Object.entries(TABLES)) {
      counts.set(table, await copyTable(from, query, { table, columns: columns.split(/,\s*/), renamed }));
    }
    for (const table of NUMBERED) {
      await query(
        `SELECT setval(pg_get_serial_sequence('${table}', 'seq'), MAX(seq)) FROM ${table} HAVING MAX(seq) > 0`,
      );
    }
    const count = (table: string): number => counts.get(table) ?? 0;
    return { workers: count('workers'), models: count('models'), jobs: count('jobs') };
  });
}

interface TableCopy {
  readonly table: string;
  readonly columns: readonly string[];
  readonly renamed: ReadonlyMap<string, string>;
}

async function copyTable(from: Query, query: Query, { table, columns, renamed }: TableCopy): Promise<number> {
  let [copied, last] = [0, 0];
  for (;;) {
    const select = `SELECT rowid AS at, ${columns.join(', ')} FROM ${table} WHERE rowid > $1 ORDER BY rowid LIMIT $2`;
    const rows = await from(select, [last, ROWS_AT_ONCE]);
    if (rows.length === 0) return copied;
    const values = rows.map(
      (_, row) => `(${columns.map((__, column) => `$${row * columns.length + column + 1}`).join(', ')})`,
    );
    const params = rows.flatMap((row) => columns.map((column) => valueOf(row, column, renamed)));
    const numbered = NUMBERED.includes(table) ? 'OVERRIDING SYSTEM VALUE' : '';
    await query(`INSERT INTO ${table} (${columns.join(', ')}) ${numbered} VALUES ${values.join(', ')}`, params);
    copied += rows.length;
    last = Number(rows.at(-1)?.['at']);
  }
}

function valueOf(row: Row, column: string, renamed: ReadonlyMap<string, string>): Param {
  const value = row[column];
  if (typeof value !== 'string') return typeof value === 'number' ? value : null;
  return column === 'artifact_name' ? (renamed.get(value) ?? value) : value;
}

/** An artifact, with the job and the extension that it was kept by. */
export interface KnownArtifact {
  readonly name: string;
  readonly jobId: string;
  readonly ext: string;
}

/** The artifacts of all jobs. */
export async function artifactsOf(from: Query): Promise<readonly KnownArtifact[]> {
  const rows = await from('SELECT id, artifact_name, artifact_ext FROM jobs WHERE artifact_name IS NOT NULL');
  return rows.map((row) => ({
    name: String(row['artifact_name']),
    jobId: String(row['id']),
    ext: String(row['artifact_ext']),
  }));
}
