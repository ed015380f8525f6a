import { WorkerError } from '../../../base/errors.ts';
import { pause } from '../../../base/pause.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Postgres } from '../../../system/database/postgres.ts';
import type { Query } from '../../../system/database/sql.ts';
import { MIGRATION_LOCK } from '../sql/postgres-schema.ts';

/*
 * The target's side of a move. While a row of `arrival` stands, the data is on its way and no studio starts on it: the old
 * one still owns every job. Its removal, after the old database was marked, is what puts the new one in charge.
 */

/** The database that a studio moves to. */
export interface Target {
  readonly sql: Postgres;
  /** Without user, password and parameters. */
  readonly shownUrl: string;
}

/** Transactions of a move are on the disk of the server before the next step is taken. */
export const SYNCED = 'SET LOCAL synchronous_commit = on';

/** A connection that a killed process left ends within so many looks. */
const LOOKS = 10;
const LOOK_MS = 500;

/**
 * Reserves an empty database for the move; one that this move has reserved before is fine.
 *
 * @throws WorkerError `studio.database-unusable`
 */
export async function reserve(target: Target, moveId: string, clock: Pick<Clock, 'after' | 'now'>): Promise<void> {
  const { sql, shownUrl } = target;
  const isNew = await sql.alone(MIGRATION_LOCK, async (query) => {
    await query(SYNCED);
    const arriving = await arrivingIn(query);
    if (arriving === moveId) return false;
    if (arriving !== undefined) throw anotherArrives(shownUrl);
    await assertEmpty(query, shownUrl);
    await query('INSERT INTO arrival (move_id, begun_at) VALUES ($1, $2)', [moveId, clock.now()]);
    return true;
  });
  // Those that started before it was reserved are connected by now.
  for (let looks = 1; await hasStudios(sql); looks++) {
    if (looks === LOOKS) {
      if (isNew) await arrive(sql, moveId);
      throw new WorkerError('studio.database-unusable', `a studio runs on ${shownUrl}`, {
        hint: 'Stop the studios on that database; they may start again once the move has ended.',
      });
    }
    await pause(clock, LOOK_MS);
  }
}

/** The move that is on its way to the database. */
export async function arrivingIn(query: Query): Promise<string | undefined> {
  const [row] = await query('SELECT move_id FROM arrival');
  return row === undefined ? undefined : String(row['move_id']);
}

/** Lets studios start on the database. */
export async function arrive(sql: Postgres, moveId: string): Promise<void> {
  await sql.locking((query) => query('DELETE FROM arrival WHERE move_id = $1', [moveId]));
}

/** @throws WorkerError `studio.data-in-use` while a studio's data is on its way to the database */
export async function assertArrived(query: Query, shownUrl: string): Promise<void> {
  if ((await arrivingIn(query)) === undefined) return;
  throw new WorkerError('studio.data-in-use', `a studio is on its way to ${shownUrl}`, {
    hint: 'Wait until `studio-worker studio migrate` has ended; if it was interrupted, run it again.',
  });
}

export const anotherArrives = (shownUrl: string): WorkerError =>
  new WorkerError('studio.database-unusable', `another studio is on its way to ${shownUrl}`, {
    hint: 'Name an empty database, or finish that move with the `--from` that it began with.',
  });

async function assertEmpty(query: Query, shownUrl: string): Promise<void> {
  for (const table of ['jobs', 'workers', 'models']) {
    if ((await query(`SELECT 1 FROM ${table} LIMIT 1`)).length === 0) continue;
    throw new WorkerError('studio.database-unusable', `${shownUrl} holds a studio's data already, in ${table}`, {
      hint: 'Name an empty database.',
    });
  }
}

/** Whether other processes of ours are connected. */
async function hasStudios(sql: Postgres): Promise<boolean> {
  const others = await sql.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND application_name = current_setting('application_name') LIMIT 1`,
  );
  return others.length > 0;
}
