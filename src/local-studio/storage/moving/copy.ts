import type { Param, Query, Row } from '../../../system/database/sql.ts';
import { MIGRATION_LOCK } from '../sql/postgres-schema.ts';
import { changedKeys, notesChanges } from './changed-rows.ts';
import { type MovedTable, MOVED_TABLES } from './moved-tables.ts';
import { anotherArrives, arrivingIn, SYNCED, type Target } from './arrival.ts';

/** What was copied. */
export interface Copied {
  readonly workers: number;
  readonly models: number;
  readonly jobs: number;
}

const ROWS_AT_ONCE = 500;

/** What is copied, and as what. */
export interface StudioCopy {
  readonly moveId: string;
  /** New names of artifacts, where they were moved too. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Rows on their way from SQLite to PostgreSQL. */
interface RowCopy {
  readonly from: Query;
  readonly to: Query;
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Copies all that a studio on SQLite knows into the PostgreSQL database that its move has reserved, in place of what an
 * interrupted run left there. The studio may change rows meanwhile: what it changes must be noted from before this begins.
 *
 * @throws WorkerError `studio.database-unusable` when the reservation is gone
 */
export const copyAhead = (from: Query, target: Target, { moveId, renamed }: StudioCopy): Promise<void> =>
  arriving(target, moveId, (to) => copyAll({ from, to, renamed }));

/**
 * Brings that copy up to date with the old database, which nobody changes meanwhile: everything or nothing, on the disk of
 * the server when it resolves. Where changes were not noted all is copied anew.
 *
 * @throws WorkerError `studio.database-unusable` when the reservation is gone
 */
export function copyRest(from: Query, target: Target, { moveId, renamed }: StudioCopy): Promise<Copied> {
  return arriving(target, moveId, async (to) => {
    const copy = { from, to, renamed };
    if (await notesChanges(from)) for (const table of MOVED_TABLES) await copyChanged(copy, table);
    else await copyAll(copy);
    for (const { name } of MOVED_TABLES.filter(({ isNumbered }) => isNumbered)) {
      await to(`SELECT setval(pg_get_serial_sequence('${name}', 'seq'), MAX(seq)) FROM ${name} HAVING MAX(seq) > 0`);
    }
    const count = async (table: string): Promise<number> =>
      Number((await from(`SELECT count(*) AS rows FROM ${table}`))[0]?.['rows']);
    return { workers: await count('workers'), models: await count('models'), jobs: await count('jobs') };
  });
}

const arriving = <T>({ sql, shownUrl }: Target, moveId: string, work: (query: Query) => Promise<T>): Promise<T> =>
  sql.alone(MIGRATION_LOCK, async (query) => {
    await query(SYNCED);
    if ((await arrivingIn(query)) !== moveId) throw anotherArrives(shownUrl);
    return work(query);
  });

async function copyAll(copy: RowCopy): Promise<void> {
  for (const { name } of MOVED_TABLES) await copy.to(`DELETE FROM ${name}`);
  for (const table of MOVED_TABLES) await copyTable(copy, table);
}

async function copyTable(copy: RowCopy, table: MovedTable): Promise<void> {
  for (let last = 0; ;) {
    const select = `SELECT rowid AS at, ${table.columns} FROM ${table.name} WHERE rowid > $1 ORDER BY rowid LIMIT $2`;
    const rows = await copy.from(select, [last, ROWS_AT_ONCE]);
    if (rows.length === 0) return;
    await insert(copy, table, rows);
    last = Number(rows.at(-1)?.['at']);
  }
}

async function copyChanged(copy: RowCopy, table: MovedTable): Promise<void> {
  const keys = await changedKeys(copy.from, table);
  for (let at = 0; at < keys.length; at += ROWS_AT_ONCE) {
    const some = keys.slice(at, at + ROWS_AT_ONCE);
    const isSome = `${table.key} IN (${some.map((_, index) => `$${index + 1}`).join(', ')})`;
    await copy.to(`DELETE FROM ${table.name} WHERE ${isSome}`, some);
    const rows = await copy.from(`SELECT ${table.columns} FROM ${table.name} WHERE ${isSome} ORDER BY rowid`, some);
    for (let row = 0; row < rows.length; row += ROWS_AT_ONCE) {
      await insert(copy, table, rows.slice(row, row + ROWS_AT_ONCE));
    }
  }
}

/** A row that moved to another number while all were copied comes up twice: it was noted, and is copied again. */
async function insert({ to, renamed }: RowCopy, table: MovedTable, rows: readonly Row[]): Promise<void> {
  const columns = table.columns.split(/,\s*/);
  const values = rows.map(
    (_, row) => `(${columns.map((__, column) => `$${row * columns.length + column + 1}`).join(', ')})`,
  );
  const params = rows.flatMap((row) => columns.map((column) => valueOf(row, column, renamed)));
  const numbered = table.isNumbered === true ? 'OVERRIDING SYSTEM VALUE' : '';
  await to(
    `INSERT INTO ${table.name} (${table.columns}) ${numbered} VALUES ${values.join(', ')} ON CONFLICT DO NOTHING`,
    params,
  );
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
