import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { closeOffer, isGone, logFailure, type StudioState, type WorkerSession } from './state.ts';
import { endGrace, giveGrace, type HeldJob, takeBackSurely } from './graces.ts';
import { release, requeued } from './offering.ts';
import { type AcceptedJob, afterUnnamedBeat } from '../queue/accepted-job.ts';
import { isFull, maxJobsOf } from '../queue/candidates.ts';
import { afterFailure, type RevokedBecause, revokedBecause } from '../queue/endings.ts';
import { afterBeat } from '../queue/readiness.ts';
import { GRACE_MS, HOLD_MS } from '../queue/timing.ts';

/*
 * A claim outlives the socket it was made on (studio contract: `resume`). Its job stays with the worker until a heartbeat
 * on the next socket names it, until the first one there does not, or until the grace is over. Results come in all that
 * time.
 */

/** Leaves the job with its worker for the grace. */
function beginGrace(studio: StudioState, jobId: string, workerId: string): void {
  armGrace(studio, jobId, workerId);
  logFailure(studio, studio.store.jobs.renew(jobId, workerId, GRACE_MS));
}

const armGrace = (studio: StudioState, jobId: string, workerId: string): void =>
  giveGrace(studio, { jobId, workerId }, GRACE_MS, () => loseLapsed(studio, jobId, workerId));

/** Loses a job whose worker is nowhere; one that came back at another studio is held to it there. */
const loseLapsed = (studio: StudioState, jobId: string, workerId: string): Promise<void> =>
  loseJob(studio, { jobId, workerId, onlyLapsed: true }, 'the worker did not come back in time');

/** Loses what workers left behind whose studio is gone. */
export async function loseAllLapsed(studio: StudioState): Promise<void> {
  for (const { id, workerId } of await studio.store.jobs.lapsed()) {
    if (workerId !== undefined) await loseLapsed(studio, id, workerId);
  }
}

/** Takes a job from its worker: back to the queue, or failed when that was its last attempt. */
async function loseJob(studio: StudioState, loss: Loss, why: string): Promise<void> {
  endGrace(studio, loss.jobId);
  await takeBackSurely(studio, loss, () => writeLoss(studio, loss, why));
}

async function writeLoss(
  studio: StudioState,
  { jobId, workerId, onlyLapsed = false }: Loss,
  why: string,
): Promise<void> {
  const { jobs } = studio.store;
  const at = studio.clock.now();
  const job = await jobs.get(jobId);
  if (job === undefined) return;
  const to = job.state === 'offered' ? 'queued' : afterFailure(job, true);
  const moved =
    job.state === 'offered'
      ? await jobs.release(jobId, workerId, at, onlyLapsed)
      : await jobs.end(jobId, workerId, { to, outcome: 'lost', error: why, onlyLapsed }, at);
  if (!moved) return; // it ended in the meantime, or its worker is back
  studio.log.warn('job.lost', { jobId, workerId, because: why, attempts: job.attempts, to });
  await requeued(studio);
}

interface Loss extends HeldJob {
  readonly onlyLapsed?: boolean;
}

/** The job was cancelled, or its deadline passed: its worker, if its socket is here, is told as far as it can be. */
export function revokeClaim(studio: StudioState, jobId: string, because: RevokedBecause = 'cancelled'): void {
  for (const session of studio.live.values()) {
    if (!revoke(session, jobId)) continue;
    if (session.capabilities.extensionEngines !== undefined) session.send(claimAck(jobId, { held: false, because }));
  }
  endGrace(studio, jobId);
}

/** The job turns out not to be this session's; its worker is told as far as it can be. */
export async function revokeHere(studio: StudioState, session: WorkerSession, jobId: string): Promise<void> {
  const job = await studio.store.jobs.get(jobId);
  if (job?.state === 'completed' && job.workerId === session.workerId) return; // by a call that was repeated
  if (!revoke(session, jobId) || session.capabilities.extensionEngines === undefined) return;
  const because = job && revokedBecause(job);
  session.send(claimAck(jobId, { held: false, ...(because !== undefined && { because }) }));
}

/** Marks a job of the session as none of its worker's any more. False when it has no such job. */
function revoke({ running }: WorkerSession, jobId: string): boolean {
  const job = running.get(jobId);
  if (job !== undefined) running.set(jobId, { ...job, revoked: true });
  return job !== undefined;
}

/** Decides about a worker's jobs when its session ended; `for-good` also loses the jobs that stayed with it. */
export async function onSessionEnded(
  studio: StudioState,
  session: WorkerSession,
  gone: 'for-now' | 'for-good',
): Promise<void> {
  const { offer, workerId } = session;
  const jobs = [...session.running.values()].filter(({ revoked }) => !revoked);
  closeOffer(session);
  session.running.clear();
  if (studio.stopped) return;
  // A studio by itself need not ask, and begins the grace in the same moment.
  if (studio.bus.isShared) {
    if (!(await studio.store.workers.leave(workerId, session.id))) return;
    studio.bus.publish({ is: 'changed', workerId });
  }
  const isKept = studio.features.includes('resume') && gone === 'for-now';
  for (const { jobId } of jobs) {
    if (isKept) beginGrace(studio, jobId, workerId);
    else await loseJob(studio, { jobId, workerId }, 'the socket was lost');
  }
  if (offer.at === 'offered') await release(studio, { jobId: offer.jobId, workerId });
  if (gone === 'for-good') await loseLeft(studio, workerId);
}

/** Loses what stayed with a worker, except for these jobs. */
export async function loseLeft(studio: StudioState, workerId: string, except: readonly string[] = []): Promise<void> {
  for (const jobId of await leftWith(studio, workerId)) {
    if (!except.includes(jobId)) await loseJob(studio, { jobId, workerId }, 'the worker is not at work on it');
  }
}

/** Without a session no job is a worker's but by a grace; another studio's graces are known to the database alone. */
async function leftWith(studio: StudioState, workerId: string): Promise<readonly string[]> {
  if (studio.bus.isShared) return (await studio.store.jobs.underway(workerId)).map(({ id }) => id);
  return [...studio.graces].flatMap(([jobId, grace]) => (grace.workerId === workerId ? [jobId] : []));
}

type Heartbeat = Extract<ReadOutboundFrame, { readonly type: 'heartbeat' }>;

/** Updates the session by a heartbeat and returns what answers it, as texts: a `heartbeatAck` for each job that it names. */
export async function onHeartbeat(
  studio: StudioState,
  session: WorkerSession,
  frame: Heartbeat,
): Promise<readonly string[]> {
  const named = jobsNamedIn(frame);
  session.lastBeat = { at: studio.clock.now(), elapsedMs: studio.clock.elapsed() };
  session.capabilities = frame.capabilities;
  session.maxJobs = maxJobsOf(studio, frame.capabilities);
  studio.tell({ is: 'worker', workerId: session.workerId });
  if (session.readiness === 'greeted') await loseLeft(studio, session.workerId, named);
  for (const [jobId, job] of session.running) {
    if (named.includes(jobId)) await renewClaim(studio, session, job);
    else dropUnnamed(studio, session, job);
  }
  const answers: string[] = [];
  if (studio.features.includes('resume')) {
    for (const jobId of named) answers.push(await answerTo(studio, session, jobId));
  }
  // Not before all that it has is known: nothing is offered beyond what it takes.
  session.readiness = afterBeat(session.readiness, named.length < session.maxJobs && !isFull(session));
  return answers.length === 0 ? [HEARTBEAT_ACK] : answers;
}

/** A worker that has one job at a time names it alone. */
const jobsNamedIn = ({ currentJobId, currentJobIds }: Heartbeat): readonly string[] =>
  currentJobIds ?? (currentJobId === undefined ? [] : [currentJobId]);

async function answerTo(studio: StudioState, session: WorkerSession, jobId: string): Promise<string> {
  if (await isHeld(studio, session, jobId)) return claimAck(jobId, { held: true });
  const job = await studio.store.jobs.get(jobId);
  const because = job && revokedBecause(job);
  return claimAck(jobId, { held: false, ...(because !== undefined && { because }) });
}

/** Another studio on this database may have cancelled the job, or taken it from the worker. */
async function renewClaim(studio: StudioState, session: WorkerSession, job: AcceptedJob): Promise<void> {
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

const HEARTBEAT_ACK = '{"type":"heartbeatAck"}';

/** The answer to a heartbeat that names a job. */
const claimAck = (jobId: string, claim: { readonly held: boolean; readonly because?: string }): string =>
  JSON.stringify({ type: 'heartbeatAck', claim: { jobId, ...claim } });

/** A job that its worker stops naming is over there. Its result may still arrive, so it stays with it for the grace. */
function dropUnnamed(studio: StudioState, session: WorkerSession, job: AcceptedJob): void {
  const { jobId, revoked } = job;
  const left = afterUnnamedBeat(job);
  if (left !== undefined) return void session.running.set(jobId, left);
  session.running.delete(jobId);
  if (!revoked) beginGrace(studio, jobId, session.workerId);
}

/** Whether the job is this worker's; one that it had before and that nobody else has becomes so again. */
async function isHeld(studio: StudioState, session: WorkerSession, jobId: string): Promise<boolean> {
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

/** What an earlier process of this studio left with workers stays theirs for the grace. */
export async function restoreGraces(studio: StudioState): Promise<void> {
  for (const job of await studio.store.jobs.underway()) {
    if (job.workerId !== undefined) armGrace(studio, job.id, job.workerId);
  }
}
