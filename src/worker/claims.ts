import { WorkerError } from '../base/errors.ts';
import type { JobId } from '../base/ids.ts';
import type { HeartbeatAck } from '../contract/frames/inbound.ts';
import type { OutboundFrame } from '../contract/frames/outbound.ts';

/**
 * Which jobs the studio holds for the live session. It releases a claim when the socket closes, and a frame about a
 * job that it does not hold is a violation that costs the socket: so such frames are not sent at all.
 *
 *   accept sent ──▶ held ──socket lost──▶ not held ──heartbeat reclaims it (`resume`)──▶ held
 */
export interface Claims {
  /** Sends a frame, unless it speaks of a job that the studio does not hold for us. False: nothing was sent. */
  send(frame: OutboundFrame): boolean;
  /** The socket is gone, and every claim with it. */
  onLost(): void;
  /** A studio with `resume` reports whether it still holds the heartbeat's job. */
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** The job's outcome was delivered, by a frame or by other means, such as an upload. */
  release(jobId: JobId): void;
  holds(jobId: JobId): boolean;
}

/** Stands between the parts that report on jobs and the session. Empty at first. */
export function createClaims(session: { send(frame: OutboundFrame): boolean }): Claims {
  const held = new Set<JobId>();
  return {
    send(frame) {
      if (frame.type === 'accept') {
        if (!session.send(frame)) return false;
        held.add(frame.jobId);
        return true;
      }
      if (frame.type !== 'completeJson' && frame.type !== 'fail') return session.send(frame);
      if (!held.has(frame.jobId) || !session.send(frame)) return false;
      held.delete(frame.jobId);
      return true;
    },
    onLost: () => held.clear(),
    onHeartbeatAck(ack) {
      if (ack.claim === undefined) return;
      if (ack.claim.held) held.add(ack.claim.jobId);
      else held.delete(ack.claim.jobId);
    },
    release: (jobId) => void held.delete(jobId),
    holds: (jobId) => held.has(jobId),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  cancelled: 'the operator of the studio cancelled this job',
  deadline: 'the deadline of this job passed',
};

/** Why a job ends that the studio holds for us no more. */
export const claimLost = ({ because }: NonNullable<HeartbeatAck['claim']>): WorkerError =>
  new WorkerError('job.claim-lost', REASONS[because ?? ''] ?? 'the studio gave this job to another worker');
