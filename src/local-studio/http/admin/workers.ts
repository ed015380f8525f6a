import type { WorkerView } from '../../../contract/admin.ts';
import { CLOSE } from '../../../contract/frames/close-codes.ts';
import { loseJob } from '../../sessions/leases.ts';
import type { StudioState } from '../../sessions/state.ts';
import { json, nothing } from '../http.ts';
import type { WorkerRow } from '../../storage/store.ts';
import { type AdminRoutes, existing, isoOf, param } from './context.ts';
import { idleBecause } from './why.ts';
import { capabilitiesOf } from './registrations.ts';

/** Workers that are approved: list them, delete one. */
export const workerRoutes: AdminRoutes = ({ studio }) => [
  {
    method: 'GET',
    path: '/admin/workers',
    handle: async () => json({ workers: (await studio.store.workers.list()).flatMap((row) => viewOf(studio, row)) }),
  },
  {
    method: 'DELETE',
    path: '/admin/workers/:id',
    handle: async (exchange) => {
      const workerId = param(exchange, 'id');
      existing((await studio.store.workers.remove(workerId)) || undefined, 'worker', workerId);
      studio.deleted.add(workerId);
      studio.live.get(workerId)?.end(CLOSE.workerDeleted, 'the operator deleted this worker', 'worker_deleted');
      for (const [jobId, lease] of studio.leases) {
        if (lease.workerId === workerId) await loseJob(studio, jobId, workerId, 'the operator deleted the worker');
      }
      studio.log.info('worker.deleted', { workerId });
      return nothing();
    },
  },
];

function viewOf(studio: StudioState, row: WorkerRow): readonly WorkerView[] {
  const session = studio.live.get(row.id);
  const capabilities = session?.capabilities ?? capabilitiesOf(row.capabilities);
  if (capabilities === undefined) return [];
  const lastSeenAt = session?.lastBeat.at ?? row.lastSeenAt;
  return [
    {
      workerId: row.id,
      installId: row.installId,
      connected: session !== undefined,
      capabilities,
      idleBecause: session && idleBecause(studio, session),
      currentJobId: session?.activity.at === 'running' ? session.activity.jobId : undefined,
      createdAt: isoOf(row.createdAt),
      lastSeenAt: lastSeenAt === undefined ? undefined : isoOf(lastSeenAt),
    },
  ];
}
