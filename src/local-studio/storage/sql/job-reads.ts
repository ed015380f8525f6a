import { JOB_STATES, type JobState } from '../../../contract/operator/views.ts';
import { TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { ENDED_BECAUSE } from '../../queue/endings.ts';
import type { EndedJobs } from '../tables/ended-jobs.ts';
import type { AttemptRow, JobRow, JobTable, StoredArtifact } from '../tables/jobs.ts';
import { readEnded } from './endings/ended-jobs.ts';
import { MAY_DELIVER } from './endings/job-endings.ts';
import type { Row, Sql } from '../../../system/database/sql.ts';
import { maybeNumber, maybeText, number, text } from './columns.ts';
import { holdSql } from './holds.ts';

type Totals = keyof EndedJobs | 'oldestQueuedAt' | 'agedArtifacts';
type Reads = Pick<JobTable, 'get' | 'list' | 'holds' | 'lapsed' | 'underway' | 'attempts' | 'counts' | Totals>;

/** The part of the job table that changes nothing. */
export function readJobs(sql: Sql): Reads {
  return {
    get: async (id) => (await sql.query('SELECT * FROM jobs WHERE id = $1', [id])).map(toJobRow)[0],
    list: async ({ state, before = Number.MAX_SAFE_INTEGER, limit, id, project }) => {
      const inState = state === undefined ? '' : `${IN_STATE[state]} AND`;
      const named = id === undefined ? '' : 'id >= $3 AND id < $4 AND';
      const ids = id === undefined ? [] : [id, `${id}${LAST_CHARACTER}`];
      const ofProject = project === undefined ? '' : `project = $${3 + ids.length} AND`;
      const rows = await sql.query(
        `SELECT * FROM jobs WHERE ${inState} ${named} ${ofProject} seq < $1 ORDER BY seq DESC LIMIT $2`,
        [before, limit, ...ids, ...(project === undefined ? [] : [project])],
      );
      return rows.map(toJobRow);
    },
    holds: async (id, workerId) =>
      (await sql.query(`SELECT seq FROM jobs WHERE id = $1 AND ${MAY_DELIVER}`, [id, workerId])).length > 0,
    lapsed: async () => {
      if (sql.dialect === 'sqlite') return [];
      return (await sql.query(`SELECT * FROM jobs WHERE ${UNDERWAY} ${holdSql(sql).lapsed} ORDER BY seq`)).map(
        toJobRow,
      );
    },
    underway: async (workerId) => {
      const [ofWorker, params] = workerId === undefined ? ['', []] : ['AND worker_id = $1', [workerId]];
      return (await sql.query(`SELECT * FROM jobs WHERE ${UNDERWAY} ${ofWorker} ORDER BY seq`, params)).map(toJobRow);
    },
    attempts: async (id) =>
      (await sql.query('SELECT * FROM job_attempts WHERE job_id = $1 ORDER BY ended_at, number', [id])).map(toAttempt),
    counts: async () => {
      const count = async (where: string): Promise<number> =>
        number((await sql.query(`SELECT COUNT(*) AS total FROM jobs WHERE ${where}`))[0]?.['total']);
      const [queued, offered] = [await count(IN_STATE.queued), await count(IN_STATE.offered)];
      const [running, failed] = [await count(IN_STATE.running), await count(IN_STATE.failed)];
      const cancelled = await count(IN_STATE.cancelled);
      // All the others, which are most: counted without reading them.
      const completed = (await count('1 = 1')) - queued - offered - running - failed - cancelled;
      return { queued, offered, running, completed, failed, cancelled };
    },
    ...readTotals(sql),
  };
}

const UNDERWAY = "state IN ('offered', 'running')";

const readTotals = (sql: Sql): Pick<JobTable, Totals> => ({
  ...readEnded(sql),
  oldestQueuedAt: async () =>
    maybeNumber((await sql.query("SELECT MIN(created_at) AS oldest FROM jobs WHERE state = 'queued'"))[0]?.['oldest']),
  agedArtifacts: async (before, limit) => {
    const rows = await sql.query(
      `SELECT id, project, artifact_name FROM jobs WHERE artifact_name IS NOT NULL AND finished_at < $1
       ORDER BY finished_at LIMIT $2`,
      [before, limit],
    );
    return rows.map((row) => ({
      id: text(row['id']),
      project: text(row['project']),
      name: text(row['artifact_name']),
    }));
  },
});

/** Sorts behind every character of an id. */
const LAST_CHARACTER = '\u{10FFFF}';

/** Each state by the condition of the partial index it is in, for the database to use that index. */
const IN_STATE: Readonly<Record<JobState, string>> = {
  queued: "state = 'queued'",
  offered: "state IN ('offered', 'running') AND state = 'offered'",
  running: "state IN ('offered', 'running') AND state = 'running'",
  completed: "state = 'completed'",
  failed: "state IN ('failed', 'cancelled') AND state = 'failed'",
  cancelled: "state IN ('failed', 'cancelled') AND state = 'cancelled'",
};

const toState = (value: unknown): JobState => JOB_STATES.find((state) => state === value) ?? 'failed';

/** A row of `jobs` as the rules know it. */
export const toJobRow = (row: Row): JobRow => ({
  seq: number(row['seq']),
  id: text(row['id']),
  project: text(row['project']),
  state: toState(row['state']),
  kind: TASK_KIND_IDS.find((kind) => kind === row['kind']) ?? 'image',
  model: text(row['model']),
  modelSource: text(row['model_source']),
  task: text(row['task']),
  prompt: text(row['prompt']),
  gameId: text(row['game_id']),
  assetName: text(row['asset_name']),
  vramGb: number(row['vram_gb']),
  priority: number(row['priority']),
  attempts: number(row['attempts']),
  maxAttempts: number(row['max_attempts']),
  workerId: maybeText(row['worker_id']),
  error: maybeText(row['error']),
  endedBecause: ENDED_BECAUSE.find((because) => because === row['ended_because']),
  result: maybeText(row['result']),
  artifact: toArtifact(row),
  ranOn: maybeText(row['ran_on']),
  createdAt: number(row['created_at']),
  deadlineAt: maybeNumber(row['deadline_at']),
  webhook: maybeText(row['webhook']),
  updatedAt: number(row['updated_at']),
  startedAt: maybeNumber(row['started_at']),
  finishedAt: maybeNumber(row['finished_at']),
});

function toArtifact(row: Row): StoredArtifact | undefined {
  const name = maybeText(row['artifact_name']);
  if (name === undefined) return undefined;
  return {
    name,
    ext: text(row['artifact_ext']),
    contentType: text(row['artifact_type']),
    sizeBytes: number(row['artifact_size']),
    sha256: text(row['artifact_sha256']),
  };
}

const OUTCOMES = ['completed', 'failed', 'rejected', 'lost', 'cancelled'] as const;

const toAttempt = (row: Row): AttemptRow => ({
  number: number(row['number']),
  workerId: text(row['worker_id']),
  startedAt: number(row['started_at']),
  endedAt: number(row['ended_at']),
  outcome: OUTCOMES.find((outcome) => outcome === row['outcome']) ?? 'failed',
  error: maybeText(row['error']),
});
