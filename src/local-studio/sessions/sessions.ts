import { writeJson } from '../../contract/json.ts';
import { CLOSE } from '../../contract/frames/close-codes.ts';
import { maxJobsOf } from '../queue/candidates.ts';
import type { ReadCapabilities } from '../../contract/capabilities.ts';
import { isGone, type StudioState, type WorkerSession } from './state.ts';

/** What a removed worker is told, in the contract's word for it. */
export const DELETED = 'the operator deleted this worker';

/**
 * Records a heartbeat, and ends a session that is no longer its worker's: the worker connected to another studio on this
 * database, or was removed there. What the worker changed of its capabilities is stored with it, and the other studios are
 * told. False when it ended.
 */
export async function endUnlessNewest(
  studio: StudioState,
  session: WorkerSession,
  reported?: ReadCapabilities,
): Promise<boolean> {
  if (!studio.bus.isShared) return true;
  const { workers } = studio.store;
  await session.opened;
  if (isGone(session)) return false;
  const { workerId } = session;
  const [known, latest] = [writeJson(session.capabilities), writeJson(reported ?? session.capabilities)];
  const capabilities = latest === known ? undefined : latest;
  const maxJobs = reported && maxJobsOf(studio, reported);
  const isChanged = capabilities !== undefined || (maxJobs ?? session.maxJobs) !== session.maxJobs;
  if (await workers.beat(workerId, { sessionId: session.id, at: studio.clock.now(), capabilities, maxJobs })) {
    if (isChanged) studio.bus.publish({ is: 'changed', workerId });
    return true;
  }
  if (isGone(session)) return false;
  const isRemoved = (await workers.get(workerId))?.removed !== false;
  if (isRemoved) session.end(CLOSE.workerDeleted, DELETED, 'worker_deleted');
  else session.end(CLOSE.duplicateWorker, 'another session took over', 'duplicate_worker');
  return false;
}
