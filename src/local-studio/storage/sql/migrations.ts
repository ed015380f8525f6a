import type { Query } from '../../../system/database/sql.ts';

/** The statements of one change of the schema. */
export type Step = readonly string[];

/** Why a job ended that failed or was cancelled, of which earlier releases kept its state and its error alone: a column. */
export const ENDED_BECAUSE_SQL = `CASE WHEN state = 'cancelled' THEN 'cancelled'
  WHEN error IN ('deadline passed before a worker took it', 'deadline passed while a worker ran it') THEN 'deadline'
  ELSE 'attempt' END`;

/** Where the steps that were taken are kept, in every database. */
export const CREATE_MIGRATIONS = 'CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY)';

/** The numbers of the steps that were taken. */
export async function stepsTaken(query: Query): Promise<ReadonlySet<number>> {
  return new Set((await query('SELECT step FROM migrations')).map((row) => Number(row['step'])));
}

/** Takes the steps that are missing, in order; `within` runs each of them whole or not at all. */
export async function takeSteps(
  steps: readonly Step[],
  taken: ReadonlySet<number>,
  within: (work: (query: Query) => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const [step, statements] of steps.entries()) {
    if (taken.has(step)) continue;
    await within(async (query) => {
      for (const statement of statements) await query(statement);
      await query('INSERT INTO migrations (step) VALUES ($1)', [step]);
    });
  }
}
