import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sql } from '../../system/database/sql.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Counter, Histogram } from '../../metrics/tally.ts';
import type { ArtifactOperation, DatabaseOperation, StudioTallies } from './studio-tallies.ts';

type Stopwatch = Pick<Clock, 'elapsed'>;

/** Where it is counted how long some work took, and how often it failed. */
interface Watch<Operation extends string> {
  readonly clock: Stopwatch;
  readonly seconds: Histogram<'operation'>;
  readonly errors: Counter<'operation'>;
  readonly operation: Operation;
}

async function timed<T>({ clock, seconds, errors, operation }: Watch<string>, work: () => Promise<T>): Promise<T> {
  const startedMs = clock.elapsed();
  try {
    return await work();
  } catch (thrown) {
    errors.add({ operation });
    throw thrown;
  } finally {
    seconds.observe({ operation }, (clock.elapsed() - startedMs) / SECOND_MS);
  }
}

/** The same database, with its work timed as its callers see it: waiting for a turn or for a server included. */
export function timedSql(sql: Sql, tallies: StudioTallies, clock: Stopwatch): Sql {
  const watch = (operation: DatabaseOperation): Watch<DatabaseOperation> => ({
    clock,
    operation,
    seconds: tallies.databaseSeconds,
    errors: tallies.databaseErrors,
  });
  const [statement, transaction] = [watch('statement'), watch('transaction')];
  return {
    dialect: sql.dialect,
    query: (text, params) => timed(statement, () => sql.query(text, params)),
    durable: (work) => timed(transaction, () => sql.durable(work)),
    locking: (work) => timed(transaction, () => sql.locking(work)),
    close: () => sql.close(),
  };
}

/** The same store of artifacts, with what waits for it timed; bytes that stream through are at their sender's pace. */
export function timedArtifacts(store: ArtifactStore, tallies: StudioTallies, clock: Stopwatch): ArtifactStore {
  const run = <T>(operation: ArtifactOperation, work: () => Promise<T>): Promise<T> =>
    timed({ clock, operation, seconds: tallies.artifactSeconds, errors: tallies.artifactErrors }, work);
  return {
    ...store,
    begin: async () => {
      const writer = await store.begin();
      return { ...writer, keep: (jobId, ext) => run('keep', () => writer.keep(jobId, ext)) };
    },
    open: (name) => run('open', () => store.open(name)),
    remove: (name) => run('remove', () => store.remove(name)),
  };
}
