import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import type { WorkerView } from '../../../contract/operator/views.ts';
import { CLOSE } from '../../../contract/frames/close-codes.ts';
import { loseLeft } from '../../sessions/losses.ts';
import { DELETED } from '../../sessions/sessions.ts';
import type { StudioState } from '../../sessions/state.ts';
import { json, nothing } from '../http.ts';
import type { RejectionRow } from '../../storage/tables/rejections.ts';
import type { JobRow } from '../../storage/tables/jobs.ts';
import type { WorkerRow } from '../../storage/tables/workers.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';
import { jobsElsewhere } from '../../sessions/elsewhere.ts';
import { idleBecause, lastRejections } from './why.ts';
import { capabilitiesOf } from './registrations.ts';

/** Workers that are approved: list them, remove one. */
export const workerRoutes: OperatorRoutes = (context) => [
  { ...routes.workers, handle: () => list(context.studio) },
  { ...routes.removeWorker, handle: (exchange) => remove(context, exchange) },
];

async function list(studio: StudioState): Promise<Response> {
  const [rows, jobs, last] = await Promise.all([
    studio.store.workers.list(),
    jobsElsewhere(studio),
    lastRejections(studio),
  ]);
  const factsOf = ({ id }: WorkerRow) => ({ elsewhere: jobs.get(id)?.running, lastRejection: last.get(id) });
  return json({ workers: rows.flatMap((row) => workerView(studio, row, factsOf(row)) ?? []) });
}

async function remove(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio } = context;
  const workerId = param(exchange, 'id');
  const store = audited(context, exchange, { action: 'worker.removed', subject: workerId });
  existing((await store.workers.remove(workerId)) || undefined, 'worker', workerId);
  studio.removed.add(workerId);
  studio.live.get(workerId)?.end(CLOSE.workerDeleted, DELETED, 'worker_deleted');
  studio.bus.publish({ is: 'removed', workerId });
  await loseLeft(studio, workerId);
  studio.log.info('worker.removed', { workerId });
  return nothing();
}

/** What the database knows of a worker beside its row. */
interface WorkerFacts {
  /** The jobs that it has at another studio on this database. */
  readonly elsewhere: readonly JobRow[] | undefined;
  readonly lastRejection: RejectionRow | undefined;
}

/** A worker as the operator sees it; undefined when it was removed, or another release wrote what this one cannot read. */
export async function currentWorker(studio: StudioState, row: WorkerRow | undefined): Promise<WorkerView | undefined> {
  if (row === undefined || row.removed) return undefined;
  const elsewhere = (await jobsElsewhere(studio)).get(row.id)?.running;
  return workerView(studio, row, { elsewhere, lastRejection: (await lastRejections(studio, row.id)).get(row.id) });
}

function workerView(
  studio: StudioState,
  row: WorkerRow,
  { elsewhere = [], lastRejection }: WorkerFacts,
): WorkerView | undefined {
  const session = studio.live.get(row.id);
  const capabilities = session?.capabilities ?? capabilitiesOf(row.capabilities);
  if (capabilities === undefined) return undefined;
  const lastSeenAt = session?.lastBeat.at ?? row.lastSeenAt;
  const jobIds = session === undefined ? elsewhere.map(({ id }) => id) : [...session.running.keys()];
  const connected = session !== undefined || row.connected;
  return {
    workerId: row.id,
    installId: row.installId,
    connected,
    capabilities,
    idleBecause: connected ? idleBecause({ capabilities }, jobIds.length > 0, lastRejection) : undefined,
    currentJobId: jobIds[0],
    currentJobIds: jobIds,
    maxJobs: session?.maxJobs ?? (connected ? row.maxJobs : undefined),
    createdAt: isoOf(row.createdAt),
    lastSeenAt: lastSeenAt === undefined ? undefined : isoOf(lastSeenAt),
  };
}
