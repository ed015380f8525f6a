import { endGrace } from './graces.ts';
import { onSessionEnded } from './losses.ts';
import { revoke } from './revocations.ts';
import { isGone, type StudioState, type WorkerSession } from './state.ts';
import type { AcceptedJob } from '../queue/accepted-job.ts';
import { HOLD_MS } from '../queue/timing.ts';

/*
 * A claim outlives the socket it was made on (studio contract: `resume`). Its job stays with the worker until a heartbeat
 * on the next socket names it, until the first one there does not, or until the grace is over. Results come in all that
 * time.
 */

/** Another studio on this database may have cancelled the job, or taken it from the worker. */
export async function renewClaim(studio: StudioState, session: WorkerSession, job: AcceptedJob): Promise<void> {
  session.running.set(job.jobId, { ...job, unnamed: 0 });
  const { jobId } = job;
  const { workerId } = session;
  if (job.revoked || (await studio.store.jobs.renew(jobId, workerId, HOLD_MS))) return;
  if (await studio.store.jobs.start(jobId, workerId, studio.clock.now())) return;
  if (!(await recall(studio, workerId, jobId))) revoke(session, jobId);
}

/**
 * Gives a job back to the worker that accepted it here, when it is in the queue again: a crash of the database forgets what
 * was not synced, such as an offer and its accept. False when this studio knows of no accept, or the job is not queued.
 */
export async function recall(studio: StudioState, workerId: string, jobId: string): Promise<boolean> {
  const accepted = studio.live.get(workerId)?.running.get(jobId);
  if (accepted === undefined || accepted.revoked) return false;
  return studio.store.jobs.resume(jobId, workerId, studio.clock.now(), true);
}

/** Whether the job is this worker's; one that it had before and that nobody else has becomes so again. */
export async function isHeld(studio: StudioState, session: WorkerSession, jobId: string): Promise<boolean> {
  const { offer } = session;
  const running = session.running.get(jobId);
  if (running !== undefined) return !running.revoked;
  if (offer.at === 'offered' && offer.jobId === jobId) return true;
  if (offer.at !== 'none') return reclaim(studio, session, jobId);
  session.offer = { at: 'choosing', again: false }; // no offer may slip in while the store is asked
  try {
    return await reclaim(studio, session, jobId);
  } finally {
    session.offer = { at: 'none' };
  }
}

async function reclaim(studio: StudioState, session: WorkerSession, jobId: string): Promise<boolean> {
  const { workerId } = session;
  const { jobs } = studio.store;
  const at = studio.clock.now();
  const job = await jobs.get(jobId);
  const isItsJob = job?.workerId === workerId;
  const held =
    (isItsJob && job.state === 'running' && (await jobs.renew(jobId, workerId, HOLD_MS))) ||
    (isItsJob && job.state === 'offered' && (await jobs.start(jobId, workerId, at))) ||
    (job?.state === 'queued' && (await jobs.resume(jobId, workerId, at)));
  if (!held) return false;
  session.running.set(jobId, { jobId, revoked: false, unnamed: 0 });
  endGrace(studio, jobId);
  studio.log.info('job.resumed', { jobId, workerId });
  if (isGone(session)) await onSessionEnded(studio, session, 'for-now');
  return true;
}
