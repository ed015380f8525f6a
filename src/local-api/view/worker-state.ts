import type { WorkerStatus } from '../../worker/status.ts';
import type { WorkerState } from '../contract/status.ts';

/**
 * The state of a worker in one word. What keeps it from its studio comes first, then what it is about to stop doing, then
 * what it does: a worker that finishes its last job before a pause drains.
 */
export function workerStateOf(
  status: Pick<WorkerStatus, 'registration' | 'session' | 'stopping' | 'enabled' | 'paused' | 'runningJobs' | 'update'>,
): WorkerState {
  const { registration, session, stopping, runningJobs, update } = status;
  const isBusy = runningJobs.length > 0;
  const takesJobs = status.enabled && !status.paused;
  if (registration.at === 'rejected') return 'rejected';
  if (registration.at === 'pending') return 'waiting';
  if (registration.at !== 'approved') return 'not-registered';
  if (stopping || update?.at === 'draining' || update?.at === 'swapping') return 'draining';
  if (isBusy && !takesJobs) return 'draining';
  if (session.at !== 'live') return 'disconnected';
  if (isBusy) return 'busy';
  return takesJobs ? 'idle' : 'paused';
}
