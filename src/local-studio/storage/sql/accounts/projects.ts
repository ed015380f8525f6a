import type { Query, Row, Sql } from '../../../../system/database/sql.ts';
import type { ProjectRow, ProjectTable, Removal } from '../../projects.ts';
import { number, text } from '../columns.ts';
import { ENDED_COLUMNS, queueDeliveries } from '../webhooks/outbox.ts';
import { countCreated, countQueued, countUnderway, dayOf, heldSql, limitsIn, sumArtifacts } from './quotas.ts';

/** The table of projects; one that was removed keeps its row. */
export const createSqlProjects = (sql: Sql): ProjectTable => ({
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
  setLimits: (name, limits, at) =>
    sql.locking(async (query) => {
      const [row] = await query(`${SELECT} AND name = $1 ${heldSql(sql)}`, [name]);
      if (row === undefined) return false;
      await query(
        `UPDATE projects SET max_queued = $2, max_running = $3, max_per_day = $4, max_artifact_bytes = $5
         WHERE name = $1`,
        [name, ...limitParams(limits)],
      );
      // What came today was not counted while the day had no limit.
      const day = Math.max(dayOf(at), number(row['day']));
      const today = limits.maxPerDay === undefined ? 0 : await countCreated(query, name, day);
      await query('UPDATE projects SET day = $2, day_jobs = $3 WHERE name = $1', [name, day, today]);
      return true;
    }),
  running: (name) => countUnderway(sql.query, name),
  usage: async (name, at) => ({
    queued: await countQueued(sql.query, name),
    running: await countUnderway(sql.query, name),
    today: await countCreated(sql.query, name, dayOf(at)),
    artifactBytes: await sumArtifacts(sql.query, name),
  }),
  remove: (name, at, force) => sql.locking((query) => remove(sql, query, { name, at, force })),
});

const SELECT = 'SELECT * FROM projects WHERE removed_at IS NULL';

const limitParams = ({ maxQueued, maxRunning, maxPerDay, maxArtifactBytes }: ProjectRow['limits']) =>
  [maxQueued ?? null, maxRunning ?? null, maxPerDay ?? null, maxArtifactBytes ?? null] as const;

interface Leaving {
  readonly name: string;
  readonly at: number;
  readonly force: boolean;
}

async function remove(sql: Sql, query: Query, { name, at, force }: Leaving): Promise<Removal> {
  // Waits for jobs that are just being added, and keeps more from coming.
  const lock = sql.dialect === 'sqlite' ? '' : 'FOR UPDATE';
  const [row] = await query(`${SELECT} AND name = $1 ${lock}`, [name]);
  if (row === undefined) return { is: 'unknown' };
  const open = (await countQueued(query, name)) + (await countUnderway(query, name));
  if (open > 0 && !force) return { is: 'busy', jobs: open };
  await query('UPDATE projects SET removed_at = $2 WHERE name = $1', [name, at]);
  const cancelled = await query(
    `UPDATE jobs SET state = 'cancelled', updated_at = $2, finished_at = $2 WHERE project = $1 AND state = 'queued'
     RETURNING ${ENDED_COLUMNS}`,
    [name, at],
  );
  for (const ended of cancelled) await queueDeliveries(query, ended);
  await query('DELETE FROM tokens WHERE project = $1', [name]);
  const left = await query(`SELECT id FROM jobs WHERE project = $1 AND state IN ('offered', 'running') ORDER BY seq`, [
    name,
  ]);
  return { is: 'removed', underway: left.map(({ id }) => text(id)) };
}

const toProject = (row: Row): ProjectRow => ({
  name: text(row['name']),
  createdAt: number(row['created_at']),
  limits: limitsIn(row),
});
