import { writeJson } from '../../contract/json.ts';
import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { ranOnOf } from '../../contract/results.ts';
import { forgetKept, onHeartbeat } from './claims.ts';
import type { Desk, Session } from './state.ts';
import { offerTo, offerToAll, takeBack } from './offering.ts';
import { afterFailure, defer, isTransient } from '../queue.ts';
import type { Completion } from '../storage/store.ts';

/*
 * What a worker says about jobs. Each returns false when the worker does not hold the job it speaks of, which the
 * contract calls a violation.
 */

type Frame<Type extends ReadOutboundFrame['type']> = Extract<ReadOutboundFrame, { readonly type: Type }>;

/** False when the frame speaks of a job that the worker does not hold, or is not allowed here. */
export async function act(desk: Desk, session: Session, frame: ReadOutboundFrame): Promise<boolean> {
  switch (frame.type) {
    case 'hello':
      return false;
    case 'heartbeat':
      session.say('heartbeatAck', await onHeartbeat(desk, session, frame));
      await offerTo(desk, session);
      return true;
    case 'accept':
      return onAccept(desk, session, frame);
    case 'reject':
      await onReject(desk, session, frame);
      return true;
    case 'completeJson':
      return onCompleteJson(desk, session, frame);
    case 'fail':
      return onFail(desk, session, frame);
    case 'logBatch':
      await desk.store.logs.add(session.workerId, frame.entries);
      return true;
    case 'readyForMore':
      // Offers are ours to time: acting on this one would offer two jobs at once.
      desk.log.warn('frame.ignored', { workerId: session.workerId, type: frame.type });
      return true;
    default:
      return frame satisfies never;
  }
}

/** What a worker is told before its socket is closed for a frame. */
export const violation = (frame: ReadOutboundFrame): string =>
  'jobId' in frame ? `${frame.type} for a job that is not held` : `${frame.type} is not allowed here`;

async function onAccept(desk: Desk, session: Session, frame: Frame<'accept'>): Promise<boolean> {
  const { slot, workerId, overtaken } = session;
  session.overtaken = undefined;
  if (overtaken === frame.jobId) return true;
  if (slot.at !== 'offered' || slot.jobId !== frame.jobId) return false;
  session.disarm();
  const running = { at: 'running', jobId: slot.jobId, seq: slot.seq, revoked: false, unnamed: 0 } as const;
  session.slot = running;
  const started = await desk.store.jobs.start(slot.jobId, workerId, desk.clock.now());
  // Cancelled while the offer was open: the worker hears of it with its next heartbeat.
  if (!started) session.slot = { ...running, revoked: true };
  else desk.emit({ is: 'moved', jobId: slot.jobId, to: 'running' });
  desk.log.info('offer.accepted', { jobId: slot.jobId, workerId });
  return true;
}

/** A rejection of something that is not on offer is a late answer to an expired one, and harmless. */
async function onReject(desk: Desk, session: Session, frame: Frame<'reject'>): Promise<void> {
  const { slot, workerId } = session;
  if (slot.at !== 'offered' || slot.jobId !== frame.jobId) return;
  const transient = isTransient({ code: frame.code, reason: frame.reason });
  if (transient) {
    session.cooling = true;
    defer(session.deferred, slot.seq, desk.clock.now());
  } else session.refused.push(slot.seq);
  desk.log.info('offer.rejected', { jobId: slot.jobId, workerId, because: frame.code ?? frame.reason, transient });
  await takeBack(desk, session, slot.jobId);
}

async function onCompleteJson(desk: Desk, session: Session, frame: Frame<'completeJson'>): Promise<boolean> {
  const { slot } = session;
  if (slot.at !== 'running' || slot.jobId !== frame.jobId) return false;
  const completion = {
    prompt: nonEmpty(frame.prompt),
    result: writeJson(frame.result ?? null),
    ranOn: ranOnOf(frame.result),
  };
  if (!slot.revoked) await complete(desk, session.workerId, slot.jobId, completion);
  freeSlot(session, slot.jobId);
  session.say('completeAck', `{"type":"completeAck","jobId":${JSON.stringify(frame.jobId)}}`);
  await offerTo(desk, session);
  return true;
}

async function onFail(desk: Desk, session: Session, frame: Frame<'fail'>): Promise<boolean> {
  const { slot, workerId } = session;
  if (slot.at === 'offered' && slot.jobId === frame.jobId) {
    // A worker that cannot read an offer fails it without an accept: an attempt like any other.
    session.disarm();
    await desk.store.jobs.start(slot.jobId, workerId, desk.clock.now());
  } else if (slot.at !== 'running' || slot.jobId !== frame.jobId) return false;
  const revoked = slot.at === 'running' && slot.revoked;
  const job = revoked ? undefined : await desk.store.jobs.get(slot.jobId);
  if (job !== undefined) {
    const to = afterFailure(job, frame.retryable);
    const ending = { to, outcome: 'failed', error: frame.error.slice(0, MOST_ERROR_CHARACTERS) } as const;
    const ended = await desk.store.jobs.end(job.id, workerId, ending, desk.clock.now());
    if (ended) desk.emit({ is: 'moved', jobId: job.id, to });
    desk.log.warn('job.failed', { jobId: job.id, workerId, error: ending.error, attempts: job.attempts, to });
  }
  freeSlot(session, slot.jobId);
  session.say('failAck', `{"type":"failAck","jobId":${JSON.stringify(frame.jobId)}}`);
  await offerToAll(desk);
  return true;
}

const MOST_ERROR_CHARACTERS = 4_096;

/**
 * Takes a result, on the disk when it resolves. False when the worker may not deliver this job: another has it, or it
 * has ended.
 */
export async function complete(desk: Desk, workerId: string, jobId: string, result: Completion): Promise<boolean> {
  const done = await desk.store.jobs.complete(jobId, workerId, result, desk.clock.now());
  if (!done) return false;
  forgetKept(desk, jobId);
  desk.emit({ is: 'moved', jobId, to: 'completed' });
  desk.log.info('job.completed', { jobId, workerId });
  return true;
}

/** The worker is free for the next job, if it was this one that kept it busy. */
export function freeSlot(session: Session | undefined, jobId: string): void {
  if (session === undefined || !('jobId' in session.slot) || session.slot.jobId !== jobId) return;
  if (session.slot.at === 'offered') session.overtaken = jobId;
  session.disarm();
  session.slot = { at: 'idle' };
}

export const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
