import type { WorkerView } from '../../../contract/admin.ts';
import { CLOSE } from '../../../contract/frames/close-codes.ts';
import { loseLeased } from '../../sessions/leases.ts';
import { DELETED } from '../../sessions/sessions.ts';
import type { StudioState } from '../../sessions/state.ts';
import { json, nothing } from '../http.ts';
import type { JobRow, WorkerRow } from '../../storage/store.ts';
import { type AdminRoutes, existing, isoOf, param } from './context.ts';
import { jobsElsewhere } from './elsewhere.ts';
import { idleBecause } from './why.ts';
import { capabilitiesOf } from './registrations.ts';

/** Workers that are approved: list them, delete one. */
export const workerRoutes: AdminRoutes = ({ studio }) => [
  {
    method: 'GET',
    path: '/admin/workers',
    handle: async () => {
      const [rows, jobs] = await Promise.all([studio.store.workers.list(), jobsElsewhere(studio)]);
      return json({ workers: rows.flatMap((row) => workerView(studio, row, jobs.get(row.id)) ?? []) });
    },
  },
  {
    method: 'DELETE',
    path: '/admin/workers/:id',
    handle: async (exchange) => {
      const workerId = param(exchange, 'id');
      existing((await studio.store.workers.remove(workerId)) || undefined, 'worker', workerId);
      studio.deleted.add(workerId);
      studio.live.get(workerId)?.end(CLOSE.workerDeleted, DELETED, 'worker_deleted');
      studio.bus.publish({ is: 'removed', workerId });
      await loseLeased(studio, workerId);
      studio.log.info('worker.deleted', { workerId });
      return nothing();
    },
  },
];

/**
 * A worker as the operator sees it; undefined when another release wrote what this one cannot read. `elsewhere` are the
 * jobs that it has at another studio of the database.
 */
export function workerView(
  studio: StudioState,
  row: WorkerRow,
  elsewhere: readonly JobRow[] = [],
): WorkerView | undefined {
  const session = studio.live.get(row.id);
  const capabilities = session?.capabilities ?? capabilitiesOf(row.capabilities);
  if (capabilities === undefined) return undefined;
  const lastSeenAt = session?.lastBeat.at ?? row.lastSeenAt;
  const jobIds = session === undefined ? elsewhere.map(({ id }) => id) : [...session.running.keys()];
  return {
    workerId: row.id,
    installId: row.installId,
    connected: session !== undefined || row.connected,
    capabilities,
    idleBecause: session && idleBecause(studio, session),
    currentJobId: jobIds[0],
    currentJobIds: jobIds,
    maxJobs: session?.maxJobs,
    createdAt: isoOf(row.createdAt),
    lastSeenAt: lastSeenAt === undefined ? undefined : isoOf(lastSeenAt),
  };
}
