import { writeJson } from '../../contract/json.ts';
import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { ranOnOf } from '../../contract/results.ts';
import { dropLease, onHeartbeat } from './leases.ts';
import type { StudioState, WorkerSession } from './state.ts';
import { offerTo, requeued, takeBack } from './offering.ts';
import { endUnlessNewest } from './sessions.ts';
import { afterFailure, defer, isTransient } from '../queue.ts';
import type { Completion } from '../storage/store.ts';

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
      if (!(await endUnlessNewest(studio, session))) return true;
      session.send(await onHeartbeat(studio, session, frame));
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
  const { activity, workerId, overtaken } = session;
  session.overtaken = undefined;
  if (overtaken === frame.jobId) return true;
  if (activity.at !== 'offered' || activity.jobId !== frame.jobId) return false;
  session.disarm();
  const running = { at: 'running', jobId: activity.jobId, seq: activity.seq, revoked: false, unnamed: 0 } as const;
  session.activity = running;
  const started = await studio.store.jobs.start(activity.jobId, workerId, studio.clock.now());
  studio.rejections.forget(activity.jobId);
  // Cancelled while the offer was open: the worker learns it from the answer to its next heartbeat.
  if (!started) session.activity = { ...running, revoked: true };
  studio.log.info('offer.accepted', { jobId: activity.jobId, workerId });
  return true;
}

/** A rejection of something that is not on offer is a late answer to an expired one, and harmless. */
async function onReject(studio: StudioState, session: WorkerSession, frame: Frame<'reject'>): Promise<void> {
  const { activity, workerId } = session;
  if (activity.at !== 'offered' || activity.jobId !== frame.jobId) return;
  const transient = isTransient({ code: frame.code, reason: frame.reason });
  if (transient) {
    session.cooling = true;
    defer(session.deferred, activity.seq, studio.clock.elapsed());
  } else session.rejected.push(activity.seq);
  const { jobId } = activity;
  const reason = (frame.detail ?? frame.reason).slice(0, MAX_REASON_CHARACTERS);
  studio.rejections.add({ jobId, workerId, reason, at: studio.clock.now() });
  studio.log.info('offer.rejected', { jobId, workerId, because: reason, transient });
  await takeBack(studio, session, activity.jobId);
}

async function onCompleteJson(
  studio: StudioState,
  session: WorkerSession,
  frame: Frame<'completeJson'>,
): Promise<boolean> {
  const { activity } = session;
  if (activity.at !== 'running' || activity.jobId !== frame.jobId) return false;
  const completion = {
    prompt: nonEmpty(frame.prompt),
    result: writeJson(frame.result ?? null),
    ranOn: ranOnOf(frame.result),
  };
  if (!activity.revoked) await complete(studio, session.workerId, activity.jobId, completion);
  endActivity(session, activity.jobId);
  session.send(`{"type":"completeAck","jobId":${JSON.stringify(frame.jobId)}}`);
  await offerTo(studio, session);
  return true;
}

async function onFail(studio: StudioState, session: WorkerSession, frame: Frame<'fail'>): Promise<boolean> {
  const { activity, workerId } = session;
  if (activity.at === 'offered' && activity.jobId === frame.jobId) {
    // A worker that cannot read an offer fails it without an accept: an attempt like any other.
    session.disarm();
    await studio.store.jobs.start(activity.jobId, workerId, studio.clock.now());
  } else if (activity.at !== 'running' || activity.jobId !== frame.jobId) return false;
  const revoked = activity.at === 'running' && activity.revoked;
  const job = revoked ? undefined : await studio.store.jobs.get(activity.jobId);
  if (job !== undefined) {
    const to = afterFailure(job, frame.retryable);
    const ending = { to, outcome: 'failed', error: frame.error.slice(0, MAX_ERROR_CHARACTERS) } as const;
    await studio.store.jobs.end(job.id, workerId, ending, studio.clock.now());
    studio.log.warn('job.failed', { jobId: job.id, workerId, error: ending.error, attempts: job.attempts, to });
  }
  endActivity(session, activity.jobId);
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
  const done = await studio.store.jobs.complete(jobId, workerId, result, studio.clock.now());
  if (!done) return false;
  dropLease(studio, jobId);
  studio.log.info('job.completed', { jobId, workerId });
  return true;
}

/** The worker is free for the next job, if it was this one that kept it busy. */
export function endActivity(session: WorkerSession | undefined, jobId: string): void {
  if (session === undefined || !('jobId' in session.activity) || session.activity.jobId !== jobId) return;
  if (session.activity.at === 'offered') session.overtaken = jobId;
  session.disarm();
  session.activity = { at: 'idle' };
}

/** Undefined for the empty text, by which workers mean none. */
export const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
