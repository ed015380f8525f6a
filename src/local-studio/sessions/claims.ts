import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { type Desk, report, type Session } from './state.ts';
import { offerToAll } from './offering.ts';
import { afterFailure, afterUnnamedBeat, GRACE_MS } from '../queue.ts';

/*
 * A claim outlives the socket it was made on (`resume`): it is kept for its worker until a heartbeat on the next socket
 * names the job, until the first one there does not, or until the grace is over. Results come in all that time.
 */

/** Leaves the job with its worker for the grace. */
export function keepJob(desk: Desk, jobId: string, workerId: string): void {
  desk.kept.get(jobId)?.disarm();
  const disarm = desk.clock.after(GRACE_MS, () => {
    desk.kept.delete(jobId);
    report(desk, loseJob(desk, jobId, workerId, 'the worker did not come back in time'));
  });
  desk.kept.set(jobId, { workerId, disarm });
}

export function forgetKept(desk: Desk, jobId: string): void {
  desk.kept.get(jobId)?.disarm();
  desk.kept.delete(jobId);
}

/** Takes a job from its worker: back to the queue, or failed when that was its last attempt. */
export async function loseJob(desk: Desk, jobId: string, workerId: string, why: string): Promise<void> {
  forgetKept(desk, jobId);
  if (desk.stopped) return;
  const { jobs } = desk.store;
  const at = desk.clock.now();
  const job = await jobs.get(jobId);
  if (job === undefined) return;
  const to = job.state === 'offered' ? 'queued' : afterFailure(job, true);
  const moved =
    job.state === 'offered'
      ? await jobs.release(jobId, workerId, at)
      : await jobs.end(jobId, workerId, { to, outcome: 'lost', error: why }, at);
  if (!moved) return; // it ended in the meantime
  desk.log.warn('job.lost', { jobId, workerId, because: why, attempts: job.attempts, to });
  desk.emit({ is: 'moved', jobId, to });
  await offerToAll(desk);
}

/** What becomes of a worker's jobs when its socket is gone. */
export async function onSessionOver(desk: Desk, session: Session, gone: 'for-now' | 'for-good'): Promise<void> {
  const { slot, workerId } = session;
  session.disarm();
  session.slot = { at: 'idle' };
  if (desk.stopped) return;
  if (slot.at === 'offered') {
    if (await desk.store.jobs.release(slot.jobId, workerId, desk.clock.now())) await offerToAll(desk);
  } else if (slot.at === 'running' && !slot.revoked) {
    if (desk.resumes && gone === 'for-now') keepJob(desk, slot.jobId, workerId);
    else await loseJob(desk, slot.jobId, workerId, 'the socket was lost');
  }
  if (gone === 'for-good') await loseKept(desk, workerId, undefined);
}

/** Loses what is kept for a worker, except for one job. */
async function loseKept(desk: Desk, workerId: string, except: string | undefined): Promise<void> {
  for (const [jobId, kept] of desk.kept) {
    if (kept.workerId === workerId && jobId !== except) {
      await loseJob(desk, jobId, workerId, 'the worker is not at work on it');
    }
  }
}

type Heartbeat = Extract<ReadOutboundFrame, { readonly type: 'heartbeat' }>;

/** Takes in what a heartbeat says and returns its answer. */
export async function onHeartbeat(desk: Desk, session: Session, frame: Heartbeat): Promise<string> {
  const named: string | undefined = frame.currentJobId;
  session.lastBeatAt = desk.clock.now();
  session.capabilities = frame.capabilities;
  if (!session.settled) {
    await loseKept(desk, session.workerId, named);
    session.settled = true;
  }
  if (session.slot.at === 'running' && session.slot.jobId === named) {
    session.slot = { ...session.slot, unnamed: 0 };
  } else if (session.slot.at === 'running') {
    dropUnnamed(desk, session, session.slot);
  } else if (named === undefined) {
    session.cooling = false;
  }
  if (named === undefined || !desk.resumes) return HEARTBEAT_ACK;
  const held = await isHeld(desk, session, named);
  return `{"type":"heartbeatAck","claim":{"jobId":${JSON.stringify(named)},"held":${held}}}`;
}

const HEARTBEAT_ACK = '{"type":"heartbeatAck"}';

/** A job that its worker stops naming is over there. Its result may still be on its way, so it is kept for the grace. */
function dropUnnamed(desk: Desk, session: Session, slot: Session['slot'] & { readonly at: 'running' }): void {
  session.slot = afterUnnamedBeat(slot);
  if (session.slot.at === 'idle' && !slot.revoked) keepJob(desk, slot.jobId, session.workerId);
}

/** Whether the job is this worker's; one that can be its again becomes so. */
async function isHeld(desk: Desk, session: Session, jobId: string): Promise<boolean> {
  const { slot, workerId } = session;
  if (slot.at === 'running') return slot.jobId === jobId && !slot.revoked;
  if (slot.at !== 'idle') return slot.at === 'offered' && slot.jobId === jobId;
  const { jobs } = desk.store;
  const at = desk.clock.now();
  session.slot = { at: 'choosing' }; // no offer may slip in while the store is asked
  const job = await jobs.get(jobId);
  const mine = job?.workerId === workerId;
  const held =
    (mine && job.state === 'running') ||
    (mine && job.state === 'offered' && (await jobs.start(jobId, workerId, at))) ||
    (job?.state === 'queued' && (await jobs.resume(jobId, workerId, at)));
  session.slot =
    held && job !== undefined ? { at: 'running', jobId, seq: job.seq, revoked: false, unnamed: 0 } : { at: 'idle' };
  if (!held) return false;
  forgetKept(desk, jobId);
  desk.log.info('job.resumed', { jobId, workerId });
  if (!session.alive) await onSessionOver(desk, session, 'for-now');
  return true;
}

/** Takes up what an earlier process of this studio left with workers: it stays theirs for the grace. */
export async function restoreClaims(desk: Desk): Promise<void> {
  for (const job of await desk.store.jobs.underway()) {
    if (job.workerId !== undefined) keepJob(desk, job.id, job.workerId);
  }
}
