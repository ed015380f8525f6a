import type { StudioState } from './state.ts';
import type { JobRow } from '../storage/tables/jobs.ts';

/** What a worker has whose socket another studio on this database has. */
export interface JobsThere {
  /** In the order in which it accepted them. */
  readonly running: readonly JobRow[];
  /** The one that it is asked about. */
  readonly offered: JobRow | undefined;
}

/** The same of all workers that have any, by worker; nothing where there is one studio. */
export async function jobsElsewhere(studio: StudioState): Promise<ReadonlyMap<string, JobsThere>> {
  const underway = studio.bus.isShared ? await studio.store.jobs.underway() : [];
  const byWorker = Map.groupBy(underway, ({ workerId = '' }) => workerId);
  return new Map(
    [...byWorker].map(([workerId, jobs]) => [
      workerId,
      {
        running: jobs.filter(({ state }) => state === 'running').toSorted(byStart),
        offered: jobs.find(({ state }) => state === 'offered'),
      },
    ]),
  );
}

const byStart = (one: JobRow, other: JobRow): number => (one.startedAt ?? 0) - (other.startedAt ?? 0);
