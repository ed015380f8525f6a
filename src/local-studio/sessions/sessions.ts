import { writeJson } from '../../contract/json.ts';
import { CLOSE } from '../../contract/frames/close-codes.ts';
import type { StudioState, WorkerSession } from './state.ts';

/** What a deleted worker is told. */
export const DELETED = 'the operator deleted this worker';

/**
 * Records a heartbeat, and ends a session that is no longer its worker's: the worker connected to another studio on this
 * database, or was deleted there. What the worker changed of its capabilities is stored with it, for the other studios.
 * False when it ended.
 */
export async function endUnlessNewest(
  studio: StudioState,
  session: WorkerSession,
  capabilities = session.capabilities,
): Promise<boolean> {
  if (!studio.bus.isShared) return true;
  const { workers } = studio.store;
  await session.opened;
  if (!session.alive) return false;
  const [known, latest] = [writeJson(session.capabilities), writeJson(capabilities)];
  const beat = { sessionId: session.id, at: studio.clock.now(), capabilities: latest === known ? undefined : latest };
  if (await workers.beat(session.workerId, beat)) return true;
  if (!session.alive) return false;
  const isDeleted = (await workers.get(session.workerId))?.deleted !== false;
  if (isDeleted) session.end(CLOSE.workerDeleted, DELETED, 'worker_deleted');
  else session.end(CLOSE.duplicateWorker, 'another session took over', 'duplicate_worker');
  return false;
}
