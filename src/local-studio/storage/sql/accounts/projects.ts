import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { EndedBecause } from '../../../queue/endings.ts';
import type { ProjectRow, ProjectTable, Removal } from '../../tables/projects.ts';
import { maybeText, number, text } from '../columns.ts';
import { IS_OPEN } from '../endings/deadlines.ts';
import { announceEnded, keepAttempt } from '../endings/job-endings.ts';
import { ENDED_COLUMNS, queueDeliveries } from '../webhooks/outbox.ts';
import { runnableOf } from '../next-job.ts';
import type { Signals } from '../signals.ts';
import { countCreated, countQueued, countUnderway, dayOf, lockedSql, limitsIn, sumArtifacts } from './limits.ts';

/** The table of projects; one that was removed keeps its row. */
export const createSqlProjects = (sql: Sql, signals: Signals): ProjectTable => ({
  get: async (name) => (await sql.query(`${SELECT} AND name = $1`, [name])).map(toProject)[0],
  list: async () => (await sql.query(`${SELECT} ORDER BY created_at, name`)).map(toProject),
  add: ({ name, createdAt, limits }) =>
    sql.durable(async (query) => {
      const added = await query(
        `INSERT INTO projects (name, created_at, max_queued, max_running, max_per_day, max_artifact_bytes)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING RETURNING name`,
        [name, createdAt, ...limitParams(limits)],
      );
      return added.length > 0;
    }),
  setLimits: (name, change, at) =>
    sql.locking(async (query) => {
      const [row] = await query(`${SELECT} AND name = $1 ${lockedSql(sql)}`, [name]);
      if (row === undefined) return false;
      const limits = { ...limitsIn(row), ...change };
      await query(
        `UPDATE projects SET max_queued = $2, max_running = $3, max_per_day = $4, max_artifact_bytes = $5
         WHERE name = $1`,
        [name, ...limitParams(limits)],
      );
      // What came today was not counted while the day had no limit.
      const day = Math.max(dayOf(at), number(row['day']));
      const today = limits.maxPerDay === undefined ? 0 : await countCreated(query, name, day);
      await query('UPDATE projects SET day = $2, day_jobs = $3 WHERE name = $1', [name, day, today]);
      return limits;
    }),
  ...countsIn(sql),
  onFreed: (listener) => signals.freed.subscribe(listener),
  remove: async (name, at, force) => {
    const { told = 0, rows = [], ...removal } = await sql.locking((query) => remove(sql, query, { name, at, force }));
    if (told > 0) signals.queued.raise();
    announceEnded(signals, rows);
    return removal;
  },
});

const countsIn = (sql: Sql): Pick<ProjectTable, 'runnable' | 'running' | 'usage'> => ({
  runnable: (name) => runnableOf(sql, name),
  running: (name) => countUnderway(sql.query, name),
  usage: async (name, at) => ({
    queued: await countQueued(sql.query, name),
    running: await countUnderway(sql.query, name),
    today: await countCreated(sql.query, name, dayOf(at)),
    artifactBytes: await sumArtifacts(sql.query, name),
  }),
});

const SELECT = 'SELECT * FROM projects WHERE removed_at IS NULL';

const limitParams = ({ maxQueued, maxRunning, maxPerDay, maxArtifactBytes }: ProjectRow['limits']) =>
  [maxQueued ?? null, maxRunning ?? null, maxPerDay ?? null, maxArtifactBytes ?? null] as const;

interface Leaving {
  readonly name: string;
  readonly at: number;
  readonly force: boolean;
}

/** What came of it, jobs that ended with it, and how many are to be told of those. */
type Removed = Removal & { readonly told?: number; readonly rows?: readonly Row[] };

async function remove(sql: Sql, query: Query, { name, at, force }: Leaving): Promise<Removed> {
  // Waits for jobs that are just being added, and keeps more from coming.
  const lock = sql.dialect === 'sqlite' ? '' : 'FOR UPDATE';
  const [row] = await query(`${SELECT} AND name = $1 ${lock}`, [name]);
  if (row === undefined) return { is: 'unknown' };
  const open = (await countQueued(query, name)) + (await countUnderway(query, name));
  if (open > 0 && !force) return { is: 'busy', jobs: open };
  await query('UPDATE projects SET removed_at = $2 WHERE name = $1', [name, at]);
  await query('DELETE FROM tokens WHERE project = $1', [name]);
  return cancelAll(query, name, at);
}

/** In the same transaction: a job that stayed with its worker could come back to the queue, where nobody may take it. */
async function cancelAll(query: Query, name: string, at: number): Promise<Removed> {
  const held = await query(`SELECT id FROM jobs WHERE project = $1 AND state IN ('offered', 'running') ORDER BY seq`, [
    name,
  ]);
  const rows = await query(
    `UPDATE jobs SET state = 'cancelled', updated_at = $2, finished_at = $2, ended_because = $3,
       worker_id = CASE WHEN state = 'running' THEN worker_id ELSE NULL END
     WHERE project = $1 AND ${IS_OPEN} RETURNING ${ENDED_COLUMNS}`,
    [name, at, 'cancelled' satisfies EndedBecause],
  );
  const underway = new Set(held.map(({ id }) => text(id)));
  let told = 0;
  for (const row of rows) {
    const [id, workerId] = [text(row['id']), maybeText(row['worker_id'])];
    told += await queueDeliveries(query, row);
    if (workerId === undefined) continue;
    underway.add(id);
    const spent = { workerId, startedAt: number(row['started_at']), endedAt: at };
    await keepAttempt(query, id, { ...spent, outcome: 'cancelled', error: undefined });
  }
  return { is: 'removed', cancelled: rows.map(({ id }) => text(id)), underway: [...underway], told, rows };
}

const toProject = (row: Row): ProjectRow => ({
  name: text(row['name']),
  createdAt: number(row['created_at']),
  limits: limitsIn(row),
});
