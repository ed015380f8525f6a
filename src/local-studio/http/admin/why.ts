import type { WhyView } from '../../../contract/admin.ts';
import type { StudioState, WorkerSession } from '../../sessions/state.ts';
import type { JobRow, WorkerRow } from '../../storage/store.ts';
import { waitSummary, whyNoJob, type WaitingJob, whyNot } from '../../why.ts';
import { jobsElsewhere } from './elsewhere.ts';
import { isoOf } from './context.ts';
import { capabilitiesOf } from './registrations.ts';

/**
 * Why a job waits, in one line, by the workers whose sockets are here; undefined for one that does not, and where only
 * other studios on this database have workers.
 */
export function waitOf(studio: StudioState, job: JobRow): string | undefined {
  if (job.state !== 'queued' || (studio.bus.isShared && studio.live.size === 0)) return undefined;
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
  const elsewhere = await jobsElsewhere(studio);
  return {
    jobId: job.id,
    state: job.state,
    waitsFor: waitOf(studio, job),
    pendingRegistrations: (await registrations.pending()).length,
    workers: job.state === 'queued' ? known.map((row) => workerWhy(studio, waitingJob(job), row, elsewhere)) : [],
  };
}

/** Why a worker has no job at the moment: what keeps every job from it, else what it rejected last. */
export function idleBecause(studio: StudioState, session: WorkerSession): string | undefined {
  if (session.running.size > 0) return undefined;
  const general = whyNoJob(session);
  if (general !== undefined) return general;
  const last = studio.rejections.latestBy(session.workerId);
  return last === undefined ? undefined : `rejected ${last.jobId}: ${last.reason}`;
}

function workerWhy(
  studio: StudioState,
  job: WaitingJob,
  row: WorkerRow,
  elsewhere: ReadonlyMap<string, readonly JobRow[]>,
): WhyView['workers'][number] {
  const session = studio.live.get(row.id);
  const rejection = studio.rejections.of(job.id, row.id);
  return {
    workerId: row.id,
    machineName: (session?.capabilities ?? capabilitiesOf(row.capabilities))?.machineName,
    connected: session !== undefined || row.connected,
    because: session === undefined ? whyNotThere(job, row, elsewhere.get(row.id)) : obstacle(studio, job, session),
    rejectedAt: rejection && isoOf(rejection.at),
  };
}

/** Of a worker whose socket another studio has, the database knows what it can do and what it runs. */
function whyNotThere(job: WaitingJob, row: WorkerRow, jobs: readonly JobRow[] = []): string {
  const capabilities = row.connected ? capabilitiesOf(row.capabilities) : undefined;
  if (capabilities === undefined) return 'is not connected';
  const running = new Map(jobs.map(({ id }) => [id, { jobId: id, revoked: false, unnamed: 0 }]));
  // How many it takes is in its heartbeats, which reach the other studio alone.
  const maxJobs = Math.max(1, running.size);
  return whyNot(job, { ...NOTHING_ASKED, capabilities, running, maxJobs });
}

const NOTHING_ASKED = {
  offer: { at: 'none' },
  cooling: false,
  settled: true,
  rejected: [],
  rejection: undefined,
} as const;

const obstacle = (studio: StudioState, job: WaitingJob, session: WorkerSession): string =>
  whyNot(job, { ...session, rejection: studio.rejections.of(job.id, session.workerId) });

/** What a job needs of a worker. The recipe is JSON that the studio wrote itself. */
export function waitingJob({ id, seq, kind, vramGb, modelSource }: JobRow): WaitingJob {
  const source: unknown = JSON.parse(modelSource);
  const engine: unknown = typeof source === 'object' && source !== null ? Reflect.get(source, 'engine') : undefined;
  return { id, seq, kind, vramGb, engine: typeof engine === 'string' ? engine : '' };
}
