import { SECOND_MS } from '../../base/units.ts';
import { writeJson } from '../../contract/json.ts';
import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { ranOnOf } from '../../contract/results.ts';
import { recall } from './claims.ts';
import { onHeartbeat } from './heartbeats.ts';
import { revokeHere } from './revocations.ts';
import { endGrace } from './graces.ts';
import { closeOffer, type StudioState, type WorkerSession } from './state.ts';
import { offerTo, requeued, takeBack } from './offering.ts';
import { endUnlessNewest } from './sessions.ts';
import type { OpenOffer } from '../queue/candidates.ts';
import { defer } from '../queue/deferred.ts';
import { afterFailure } from '../queue/endings.ts';
import { afterEnd, afterNotNow } from '../queue/readiness.ts';
import { isBusyBeside, NO_SLOT_MS, rejectedFor } from '../queue/rejection.ts';
import { engineOf } from '../queue/suitability.ts';
import type { Completion } from '../storage/tables/jobs.ts';

/*
 * What a worker's frames do. Each returns false when the worker does not hold the job it speaks of, which the contract
 * calls a violation.
 */

type Frame<Type extends ReadOutboundFrame['type']> = Extract<ReadOutboundFrame, { readonly type: Type }>;

/** Acts on a frame. False when it speaks of a job that the worker does not hold, or is not allowed here. */
export async function act(studio: StudioState, session: WorkerSession, frame: ReadOutboundFrame): Promise<boolean> {
  switch (frame.type) {
    case 'hello':
      return false;
    case 'heartbeat':
      if (!(await endUnlessNewest(studio, session, frame.capabilities))) return true;
      for (const answer of await onHeartbeat(studio, session, frame)) session.send(answer);
      await offerTo(studio, session);
      return true;
    case 'accept':
      return onAccept(studio, session, frame);
    case 'reject':
      await onReject(studio, session, frame);
      return true;
    case 'completeJson':
      return onCompleteJson(studio, session, frame);
    case 'fail':
      return onFail(studio, session, frame);
    case 'logBatch':
      await studio.store.logs.add(session.workerId, frame.entries);
      return true;
    case 'readyForMore':
      // Offers are ours to time: acting on this one would offer two jobs at once.
      studio.log.warn('frame.ignored', { workerId: session.workerId, type: frame.type });
      return true;
    default:
      return frame satisfies never;
  }
}

/** The message of the error frame before a socket is closed for a frame. */
export const violation = (frame: ReadOutboundFrame): string =>
  'jobId' in frame ? `${frame.type} for a job that is not held` : `${frame.type} is not allowed here`;

async function onAccept(studio: StudioState, session: WorkerSession, frame: Frame<'accept'>): Promise<boolean> {
  const { offer, workerId, overtaken } = session;
  session.overtaken = undefined;
  if (overtaken === frame.jobId) return true;
  if (offer.at !== 'offered' || offer.jobId !== frame.jobId) return false;
  const { jobId } = offer;
  const accepted = { jobId, revoked: false, unnamed: 0 };
  countAccepted(studio, offer);
  closeOffer(session);
  session.running.set(jobId, accepted);
  const started = await studio.store.jobs.start(jobId, workerId, studio.clock.now());
  // Cancelled while the offer was open, or forgotten in a crash of the database and given to another.
  if (!started && !(await recall(studio, workerId, jobId))) await revokeHere(studio, session, jobId);
  studio.log.info('offer.accepted', { jobId, workerId });
  await offerTo(studio, session);
  return true;
}

function countAccepted({ tallies }: StudioState, { firstWait }: Extract<OpenOffer, { readonly at: 'offered' }>): void {
  tallies.offerAnswers.add({ answer: 'accepted' });
  if (firstWait !== undefined) tallies.waitSeconds.observe({ kind: firstWait.kind }, firstWait.ms / SECOND_MS);
}

/** A rejection of something that is not on offer is a late answer to an expired one, and harmless. */
async function onReject(studio: StudioState, session: WorkerSession, frame: Frame<'reject'>): Promise<void> {
  const { offer, workerId } = session;
  if (offer.at !== 'offered' || offer.jobId !== frame.jobId) return;
  offer.disarm();
  studio.tallies.offerAnswers.add({ answer: 'rejected' });
  const because = rejectedFor(frame);
  studio.tallies.rejections.add({ reason: because });
  const transient = because !== 'job';
  if (isBusyBeside(frame.code, session.running.size)) {
    const job = await studio.store.jobs.get(offer.jobId);
    if (job !== undefined) session.noSlotUntil.set(engineOf(job.modelSource), studio.clock.elapsed() + NO_SLOT_MS);
  } else if (transient) {
    session.readiness = afterNotNow(session.readiness);
    defer(session.deferred, offer.seq, studio.clock.elapsed());
  } else session.rejected.push(offer.seq);
  const { jobId } = offer;
  const reason = (frame.detail ?? frame.reason).slice(0, MAX_REASON_CHARACTERS);
  const isFinal = !transient;
  await studio.store.rejections.add({ jobId, workerId, reason, isFinal, at: studio.clock.now() });
  studio.log.info('offer.rejected', { jobId, workerId, because: reason, transient });
  // Its session may have ended in the meantime, which put the job back.
  if (session.offer === offer) await takeBack(studio, session, jobId);
}

async function onCompleteJson(
  studio: StudioState,
  session: WorkerSession,
  frame: Frame<'completeJson'>,
): Promise<boolean> {
  const job = session.running.get(frame.jobId);
  if (job === undefined) return false;
  const completion = {
    prompt: nonEmpty(frame.prompt),
    result: writeJson(frame.result ?? null),
    ranOn: ranOnOf(frame.result),
  };
  const isKept = job.revoked || (await complete(studio, session.workerId, job.jobId, completion));
  if (!isKept) await revokeHere(studio, session, job.jobId); // so that it does not take the thanks for a receipt
  endJob(session, job.jobId);
  session.send(`{"type":"completeAck","jobId":${JSON.stringify(frame.jobId)}}`);
  await offerTo(studio, session);
  return true;
}

async function onFail(studio: StudioState, session: WorkerSession, frame: Frame<'fail'>): Promise<boolean> {
  const { offer, workerId } = session;
  const running = session.running.get(frame.jobId);
  if (running === undefined) {
    if (offer.at !== 'offered' || offer.jobId !== frame.jobId) return false;
    // A worker that cannot read an offer fails it without an accept: an attempt like any other.
    offer.disarm();
    await studio.store.jobs.start(offer.jobId, workerId, studio.clock.now());
  }
  const job = running?.revoked === true ? undefined : await studio.store.jobs.get(frame.jobId);
  if (job !== undefined) {
    const to = afterFailure(job, frame.retryable);
    const ending = { to, outcome: 'failed', error: frame.error.slice(0, MAX_ERROR_CHARACTERS) } as const;
    await studio.store.jobs.end(job.id, workerId, ending, studio.clock.now());
    studio.log.warn('job.failed', { jobId: job.id, workerId, error: ending.error, attempts: job.attempts, to });
  }
  endJob(session, frame.jobId);
  session.send(`{"type":"failAck","jobId":${JSON.stringify(frame.jobId)}}`);
  await requeued(studio);
  return true;
}

const MAX_ERROR_CHARACTERS = 4_096;
const MAX_REASON_CHARACTERS = 500;

/**
 * Stores a result, on the disk when it resolves. False when the worker may not deliver this job: another has it, or it
 * has ended.
 */
export async function complete(
  studio: StudioState,
  workerId: string,
  jobId: string,
  result: Completion,
): Promise<boolean> {
  const store = (): Promise<boolean> => studio.store.jobs.complete(jobId, workerId, result, studio.clock.now());
  if (!(await store()) && !((await recall(studio, workerId, jobId)) && (await store()))) return false;
  endGrace(studio, jobId);
  studio.log.info('job.completed', { jobId, workerId });
  return true;
}

/** The worker has space for another job, if it had this one. */
export function endJob(session: WorkerSession | undefined, jobId: string): void {
  if (session === undefined) return;
  if (session.running.delete(jobId)) {
    session.readiness = afterEnd(session.readiness);
    session.noSlotUntil.clear();
  }
  const { offer } = session;
  if (offer.at !== 'offered' || offer.jobId !== jobId) return;
  session.overtaken = jobId;
  closeOffer(session);
}

/** Undefined for the empty text, by which workers mean none. */
export const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
