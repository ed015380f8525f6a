import { WorkerError } from '../../../base/errors.ts';
import { codeOf } from '../../../base/system-code.ts';
import type { CopyCounts } from './artifact-copies.ts';
import type { Copied } from './copy.ts';
import type { Query } from '../../../system/database/sql.ts';

/** Stands in the SQLite database of a studio that moved. */
export interface Mark {
  /** Of the move; the database that it went to knew it by this id. */
  readonly moveId: string;
  /** Without user, password and parameters. */
  readonly database: string;
  readonly moved: Moved;
}

/** How much was moved. */
export interface Moved extends Copied, CopyCounts {}

const COUNTS = ['workers', 'models', 'jobs', 'artifacts', 'missing'] as const;

/** What every change of a moved database fails with. */
const HAS_MOVED = 'this studio has moved to another database';

/** Undefined for a database that did not move. */
export async function markOf(query: Query): Promise<Mark | undefined> {
  if ((await query("SELECT 1 FROM sqlite_master WHERE name = 'moved'")).length === 0) return undefined;
  const [row] = await query(`SELECT move_id, target, ${COUNTS.join(', ')} FROM moved`);
  const count = (name: (typeof COUNTS)[number]): number => Number(row?.[name]);
  return {
    moveId: String(row?.['move_id']),
    database: String(row?.['target']),
    moved: {
      workers: count('workers'),
      models: count('models'),
      jobs: count('jobs'),
      artifacts: count('artifacts'),
      missing: count('missing'),
    },
  };
}

/**
 * Marks the database within a transaction. From its commit on the database itself rejects every change, whichever release
 * of the studio tries it: a studio that still runs finds out so, and can do nothing that the moved data does not know of.
 */
export async function markMoved(query: Query, { moveId, database, moved }: Mark): Promise<void> {
  const tables = await query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  for (const { name } of tables) {
    for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
      await query(
        `CREATE TRIGGER moved_${String(name)}_${change.toLowerCase()} BEFORE ${change} ON ${String(name)}
           BEGIN SELECT RAISE(ABORT, '${HAS_MOVED}'); END`,
      );
    }
  }
  await query(
    `CREATE TABLE moved (move_id TEXT NOT NULL, target TEXT NOT NULL, ${COUNTS.map((name) => `${name} INTEGER NOT NULL`).join(', ')})`,
  );
  await query('INSERT INTO moved VALUES ($1, $2, $3, $4, $5, $6, $7)', [
    moveId,
    database,
    ...COUNTS.map((name) => moved[name]),
  ]);
}

/** Whether a change failed since the database has moved. */
export const isMarked = (thrown: unknown): boolean =>
  codeOf(thrown) === 'SQLITE_CONSTRAINT_TRIGGER' && thrown instanceof Error && thrown.message === HAS_MOVED;

/** What whoever comes to a moved database learns. */
export const movedError = (folder: string, { database }: Pick<Mark, 'database'>): WorkerError =>
  new WorkerError('studio.moved', `the studio in ${folder} has moved to ${database}`, {
    hint: 'Start it with `studio-worker studio --database <its URL>`, with the bucket in `--artifacts` if those moved too.',
  });
