import type { StudioState } from './state.ts';
import type { JobRow } from '../storage/store.ts';

/** What workers run whose sockets other studios on this database have, by worker. */
export async function jobsElsewhere(studio: StudioState): Promise<ReadonlyMap<string, readonly JobRow[]>> {
  const underway = studio.bus.isShared ? await studio.store.jobs.underway() : [];
  return Map.groupBy(
    underway.filter(({ state }) => state === 'running'),
    ({ workerId = '' }) => workerId,
  );
}
