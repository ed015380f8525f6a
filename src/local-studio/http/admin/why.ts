import type { WhyView } from '../../../contract/admin.ts';
import type { StudioState, WorkerSession } from '../../sessions/state.ts';
import type { JobRow, WorkerRow } from '../../storage/store.ts';
import { waitSummary, whyNoJob, type WaitingJob, whyNot } from '../../why.ts';
import { isoOf } from './context.ts';
import { capabilitiesOf } from './registrations.ts';

/** Why a job waits, in one line; undefined for one that does not. */
export function waitOf(studio: StudioState, job: JobRow): string | undefined {
  if (job.state !== 'queued') return undefined;
  const waiting = waitingJob(job);
  return waitSummary(
    [...studio.live.values()].map((session) => ({
      name: session.capabilities.machineName,
      because: obstacle(studio, waiting, session),
    })),
  );
}

/** Every worker with what keeps this job from it. */
export async function whyView(studio: StudioState, job: JobRow): Promise<WhyView> {
  const { registrations, workers } = studio.store;
  const known = await workers.list();
  return {
    jobId: job.id,
    state: job.state,
    waitsFor: waitOf(studio, job),
    pendingRegistrations: (await registrations.pending()).length,
    workers: job.state === 'queued' ? known.map((row) => workerWhy(studio, waitingJob(job), row)) : [],
  };
}

/** Why a worker has no job at the moment: what keeps every job from it, else what it rejected last. */
export function idleBecause(studio: StudioState, session: WorkerSession): string | undefined {
  if (session.activity.at === 'running') return undefined;
  const general = whyNoJob(session);
  if (general !== undefined) return general;
  const last = studio.rejections.latestBy(session.workerId);
  return last === undefined ? undefined : `rejected ${last.jobId}: ${last.reason}`;
}

function workerWhy(studio: StudioState, job: WaitingJob, row: WorkerRow): WhyView['workers'][number] {
  const session = studio.live.get(row.id);
  const rejection = studio.rejections.of(job.id, row.id);
  return {
    workerId: row.id,
    machineName: (session?.capabilities ?? capabilitiesOf(row.capabilities))?.machineName,
    connected: session !== undefined,
    because: session === undefined ? 'is not connected' : obstacle(studio, job, session),
    rejectedAt: rejection && isoOf(rejection.at),
  };
}

const obstacle = (studio: StudioState, job: WaitingJob, session: WorkerSession): string =>
  whyNot(job, { ...session, rejection: studio.rejections.of(job.id, session.workerId) });

/** The recipe is JSON that the studio wrote itself. */
function waitingJob({ id, seq, kind, vramGb, modelSource }: JobRow): WaitingJob {
  const source: unknown = JSON.parse(modelSource);
  const engine: unknown = typeof source === 'object' && source !== null ? Reflect.get(source, 'engine') : undefined;
  return { id, seq, kind, vramGb, engine: typeof engine === 'string' ? engine : '' };
}
