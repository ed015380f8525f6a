import { TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import type { Row, Sql } from '../../../system/database/sql.ts';
import {
  type FigureTable,
  OPEN_STATES,
  type OpenJobs,
  type SessionGroup,
  type StoreFigures,
} from '../tables/figures.ts';
import { maybeText, number, text } from './columns.ts';
import { connectedSql, nowSql } from './holds.ts';
import type { Signals } from './signals.ts';

/** One statement for each index that is counted in. */
export const createSqlFigures = (sql: Sql, { ended }: Pick<Signals, 'ended'>): FigureTable => ({
  read: async (at) => {
    const [queued, underway] = [await sql.query(QUEUED), await sql.query(UNDERWAY)];
    return {
      projects: (await sql.query(PROJECTS)).map((row) => text(row['name'])),
      jobs: [...queued, ...underway].map(toOpenJobs),
      oldestQueued: oldestIn(queued),
      sessions: await sessionsIn(sql),
      ...(await countsIn(sql, at)),
    };
  },
  artifacts: async () => {
    const [row] = await sql.query(ARTIFACTS);
    return { count: number(row?.['total']), sizeBytes: number(row?.['size']) };
  },
  onEnded: (listener) => ended.subscribe(listener),
});

const PROJECTS = 'SELECT name FROM projects WHERE removed_at IS NULL ORDER BY name';

/** In the index `jobs_queue` alone, but for one row of each group. */
const QUEUED = `SELECT heads.*, jobs.created_at FROM (
    SELECT project, kind, 'queued' AS state, COUNT(*) AS total, MIN(seq) AS seq FROM jobs WHERE state = 'queued'
    GROUP BY project, kind) heads
  JOIN jobs ON jobs.seq = heads.seq`;

const UNDERWAY = `SELECT project, kind, state, COUNT(*) AS total FROM jobs WHERE state IN ('offered', 'running')
  GROUP BY project, kind, state`;

/** Along the index `jobs_project_artifacts`: a studio may have done many jobs without one. */
const ARTIFACTS = `SELECT SUM(total) AS total, SUM(size) AS size FROM (
  SELECT COUNT(*) AS total, SUM(artifact_size) AS size FROM jobs WHERE artifact_name IS NOT NULL GROUP BY project) sums`;

const toOpenJobs = (row: Row): OpenJobs => ({
  project: text(row['project']),
  kind: TASK_KIND_IDS.find((kind) => kind === row['kind']) ?? 'image',
  state: OPEN_STATES.find((state) => state === row['state']) ?? 'queued',
  count: number(row['total']),
});

function oldestIn(queued: readonly Row[]): StoreFigures['oldestQueued'] {
  const byProject = Map.groupBy(queued, (row) => text(row['project']));
  return [...byProject].map(([project, rows]) => ({
    project,
    createdAt: Math.min(...rows.map((row) => number(row['created_at']))),
  }));
}

async function sessionsIn(sql: Sql): Promise<readonly SessionGroup[] | undefined> {
  if (sql.dialect === 'sqlite') return undefined;
  const rows = await sql.query(
    `SELECT ${connectedSql(sql)} AS connected, told."autoEnabled" AS claims, told."onlyWhenIdle" AS only_idle,
       told."userPresence" AS presence, (id IN (
         SELECT worker_id FROM jobs WHERE state IN ('offered', 'running') AND state = 'running'))::integer AS busy,
       COUNT(*) AS total
     FROM workers CROSS JOIN LATERAL json_to_record(capabilities::json)
       AS told ("autoEnabled" TEXT, "onlyWhenIdle" TEXT, "userPresence" TEXT)
     WHERE deleted = 0 AND session_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5`,
  );
  return rows.map((row) => ({
    isConnected: number(row['connected']) !== 0,
    isBusy: number(row['busy']) !== 0,
    capabilities: {
      autoEnabled: maybeText(row['claims']) === 'true',
      onlyWhenIdle: maybeText(row['only_idle']) === 'true',
      userPresence: PRESENCES.find((presence) => presence === row['presence']),
    },
    count: number(row['total']),
  }));
}

const PRESENCES = ['active', 'idle'] as const;

async function countsIn(
  sql: Sql,
  at: number,
): Promise<Omit<StoreFigures, 'projects' | 'jobs' | 'oldestQueued' | 'sessions'>> {
  const [row] = await sql.query(
    `SELECT (SELECT COUNT(*) FROM workers WHERE deleted = 0) AS workers,
       (SELECT COUNT(*) FROM registrations WHERE state = 'pending') AS registrations,
       (SELECT COUNT(*) FROM webhooks WHERE disabled_at IS NULL) AS active,
       (SELECT COUNT(*) FROM webhooks WHERE disabled_at IS NOT NULL) AS disabled,
       (SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'pending') AS pending,
       (SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'pending'
         AND next_at <= ${nowSql(sql, '$1')}) AS due`,
    sql.dialect === 'sqlite' ? [at] : [],
  );
  const count = (column: string): number => number(row?.[column]);
  return {
    workers: count('workers'),
    pendingRegistrations: count('registrations'),
    webhooks: { active: count('active'), disabled: count('disabled') },
    deliveries: { pending: count('pending'), due: count('due') },
  };
}
