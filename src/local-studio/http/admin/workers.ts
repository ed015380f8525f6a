import type { WorkerView } from '../../../contract/admin.ts';
import { CLOSE } from '../../../contract/frames/close-codes.ts';
import { loseJob } from '../../sessions/claims.ts';
import type { Desk } from '../../sessions/state.ts';
import { json, nothing } from '../http.ts';
import type { WorkerRow } from '../../storage/store.ts';
import { type AdminRoutes, existing, isoOf, param } from './context.ts';
import { capabilitiesOf } from './registrations.ts';

export const workerRoutes: AdminRoutes = ({ desk }) => [
  {
    method: 'GET',
    path: '/admin/workers',
    handle: async () => json({ workers: (await desk.store.workers.list()).flatMap((row) => viewOf(desk, row)) }),
  },
  {
    method: 'DELETE',
    path: '/admin/workers/:id',
    handle: async (exchange) => {
      const workerId = param(exchange, 'id');
      existing((await desk.store.workers.remove(workerId)) || undefined, 'worker', workerId);
      desk.live.get(workerId)?.end(CLOSE.workerDeleted, 'the operator deleted this worker', 'worker_deleted');
      for (const [jobId, kept] of desk.kept) {
        if (kept.workerId === workerId) await loseJob(desk, jobId, workerId, 'the operator deleted the worker');
      }
      desk.log.info('worker.deleted', { workerId });
      return nothing();
    },
  },
];

function viewOf(desk: Desk, row: WorkerRow): readonly WorkerView[] {
  const session = desk.live.get(row.id);
  const capabilities = session?.capabilities ?? capabilitiesOf(row.capabilities);
  if (capabilities === undefined) return [];
  const lastSeenAt = session?.lastBeatAt ?? row.lastSeenAt;
  return [
    {
      workerId: row.id,
      installId: row.installId,
      connected: session !== undefined,
      capabilities,
      currentJobId: session?.slot.at === 'running' ? session.slot.jobId : undefined,
      createdAt: isoOf(row.createdAt),
      lastSeenAt: lastSeenAt === undefined ? undefined : isoOf(lastSeenAt),
    },
  ];
}
