import { endGrace } from './graces.ts';
import type { StudioState, WorkerSession } from './state.ts';
import { type RevokedBecause, revokedBecause } from '../queue/endings.ts';

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
export function revoke({ running }: WorkerSession, jobId: string): boolean {
  const job = running.get(jobId);
  if (job !== undefined) running.set(jobId, { ...job, revoked: true });
  return job !== undefined;
}

/** The answer to a heartbeat that names a job. */
export const claimAck = (jobId: string, claim: { readonly held: boolean; readonly because?: string }): string =>
  JSON.stringify({ type: 'heartbeatAck', claim: { jobId, ...claim } });
