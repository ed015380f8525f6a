import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { isHeld, renewClaim } from './claims.ts';
import { beginGrace, loseLeft } from './losses.ts';
import { claimAck } from './revocations.ts';
import type { StudioState, WorkerSession } from './state.ts';
import { type AcceptedJob, afterUnnamedBeat } from '../queue/accepted-job.ts';
import { isFull, maxJobsOf } from '../queue/candidates.ts';
import { revokedBecause } from '../queue/endings.ts';
import { afterBeat } from '../queue/readiness.ts';

const HEARTBEAT_ACK = '{"type":"heartbeatAck"}';

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

/** A job that its worker stops naming is over there. Its result may still arrive, so it stays with it for the grace. */
function dropUnnamed(studio: StudioState, session: WorkerSession, job: AcceptedJob): void {
  const { jobId, revoked } = job;
  const left = afterUnnamedBeat(job);
  if (left !== undefined) return void session.running.set(jobId, left);
  session.running.delete(jobId);
  if (!revoked) beginGrace(studio, jobId, session.workerId);
}
