import { hasEnded, type WhyView } from '../../../contract/operator/views.ts';
import type { StudioState, WorkerSession } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/tables/jobs.ts';
import type { WorkerRow } from '../../storage/tables/workers.ts';
import type { RejectionRow } from '../../storage/tables/rejections.ts';
import { engineOf } from '../../queue/suitability.ts';
import { type AskedWorker, waitSummary, whyNoJob, type WaitingJob, whyNot } from '../../why.ts';
import { type JobsThere, jobsElsewhere } from '../../sessions/elsewhere.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';
import { capabilitiesOf } from './registrations.ts';

/**
 * Why jobs wait, in one line each, by job. By the workers whose sockets are here, as long as there are any; else by one
 * of another studio.
 */
export async function waitsOf(studio: StudioState, jobs: readonly JobRow[]): Promise<ReadonlyMap<string, string>> {
  const waiting = jobs.filter(({ state }) => state === 'queued').map(waitingJob);
  if (waiting.length === 0) return new Map();
  const answers = await answersTo(studio, jobs);
  const elsewhere = studio.live.size === 0 ? await studio.store.workers.anyConnected() : undefined;
  if (elsewhere === undefined) return new Map(waiting.map((job) => [job.id, waitSummary(here(studio, job, answers))]));
  const { worker, count } = elsewhere;
  const jobsThere = (await jobsElsewhere(studio)).get(worker.id);
  const name = capabilitiesOf(worker.capabilities)?.machineName ?? worker.id;
  return new Map(
    waiting.map((job) => {
      const because = whyNotThere(job, worker, { jobs: jobsThere, answer: answers.get(pair(job.id, worker.id)) });
      return [job.id, waitSummary([{ name, because }], count)];
    }),
  );
}

const here = (studio: StudioState, job: WaitingJob, answers: Answers) =>
  [...studio.live.values()].map((session) => ({
    name: session.capabilities.machineName,
    because: obstacle(job, session, answers),
  }));

/** Every worker with what keeps this job from it. */
export async function whyView(studio: StudioState, job: JobRow): Promise<WhyView> {
  const { registrations, workers } = studio.store;
  const known = await workers.list();
  const facts = { elsewhere: await jobsElsewhere(studio), answers: await answersTo(studio, [job]) };
  return {
    jobId: job.id,
    state: job.state,
    waitsFor: (await waitsOf(studio, [job])).get(job.id),
    deadlineInMs: await leftOf(studio, job),
    pendingRegistrations: (await registrations.pending()).length,
    workers: job.state === 'queued' ? known.map((row) => workerWhy(studio, waitingJob(job), row, facts)) : [],
  };
}

/** By the clock that the deadline goes by. */
async function leftOf({ store, clock }: StudioState, { state, deadlineAt }: JobRow): Promise<number | undefined> {
  if (deadlineAt === undefined || hasEnded(state)) return undefined;
  return Math.max(0, deadlineAt - (await store.jobs.now(clock.now())));
}

/** Why workers have no job at the moment, as far as they answered: the latest rejection of each. */
export async function lastRejections(
  studio: StudioState,
  workerId?: string,
): Promise<ReadonlyMap<string, RejectionRow>> {
  const latest = await studio.store.rejections.latest(workerId);
  return new Map(latest.map((row) => [row.workerId, row]));
}

/** Why a worker has no job at the moment: what keeps every job from it, else what it rejected last. */
export function idleBecause(
  worker: Pick<AskedWorker, 'capabilities'>,
  runs: boolean,
  last: RejectionRow | undefined,
): string | undefined {
  if (runs) return undefined;
  return whyNoJob(worker) ?? (last && `rejected ${last.jobId}: ${last.reason}`);
}

/** What workers answered to offers, by job and worker. */
type Answers = ReadonlyMap<string, RejectionRow>;

const pair = (jobId: string, workerId: string): string => `${jobId} ${workerId}`;

/** Without what was answered before a job ran: that was about an earlier offer. */
async function answersTo(studio: StudioState, jobs: readonly JobRow[]): Promise<Answers> {
  const ranAt = new Map(jobs.flatMap(({ id, state, startedAt = 0 }) => (state === 'queued' ? [[id, startedAt]] : [])));
  const rows = await studio.store.rejections.ofJobs([...ranAt.keys()]);
  return new Map(
    rows.flatMap((row) => (row.at < (ranAt.get(row.jobId) ?? 0) ? [] : [[pair(row.jobId, row.workerId), row]])),
  );
}

interface Facts {
  readonly elsewhere: ReadonlyMap<string, JobsThere>;
  readonly answers: Answers;
}

function workerWhy(
  studio: StudioState,
  job: WaitingJob,
  row: WorkerRow,
  { elsewhere, answers }: Facts,
): WhyView['workers'][number] {
  const session = studio.live.get(row.id);
  const answer = answers.get(pair(job.id, row.id));
  return {
    workerId: row.id,
    machineName: (session?.capabilities ?? capabilitiesOf(row.capabilities))?.machineName,
    connected: session !== undefined || row.connected,
    because:
      session === undefined
        ? whyNotThere(job, row, { jobs: elsewhere.get(row.id), answer })
        : obstacle(job, session, answers),
    rejectedAt: answer && isoOf(answer.at),
  };
}

interface KnownThere {
  readonly jobs: JobsThere | undefined;
  readonly answer: RejectionRow | undefined;
}

/** Of a worker whose socket another studio has, the database knows its abilities, its jobs and what it answered. */
function whyNotThere(job: WaitingJob, row: WorkerRow, { jobs = NO_JOBS, answer }: KnownThere): string {
  const capabilities = row.connected ? capabilitiesOf(row.capabilities) : undefined;
  if (capabilities === undefined) return 'is not connected';
  const running = new Map(jobs.running.map(({ id }) => [id, { jobId: id, revoked: false, unnamed: 0 }]));
  const { maxJobs = Math.max(1, running.size) } = row;
  const rejected = answer?.isFinal === true ? [job.seq] : [];
  const { offered } = jobs;
  const offer = offered === undefined ? NO_OFFER : ({ at: 'offered', jobId: offered.id, seq: offered.seq } as const);
  return whyNot(job, { ...UNTROUBLED, offer, capabilities, running, maxJobs, rejected, rejection: answer });
}

const NO_JOBS: JobsThere = { running: [], offered: undefined };
const NO_OFFER = { at: 'none' } as const;
/** What only the other studio knows of its workers. */
const UNTROUBLED = { readiness: 'ready', noSlotUntil: new Map() } as const;

const obstacle = (job: WaitingJob, session: WorkerSession, answers: Answers): string =>
  whyNot(job, { ...session, rejection: answers.get(pair(job.id, session.workerId)) });

/** What a job needs of a worker. The recipe is JSON that the studio wrote itself. */
export function waitingJob({ id, seq, kind, vramGb, modelSource }: JobRow): WaitingJob {
  return { id, seq, kind, vramGb, engine: engineOf(modelSource) };
}
