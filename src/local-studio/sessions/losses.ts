import { endGrace, giveGrace, type HeldJob, takeBackSurely } from './graces.ts';
import { release, requeued } from './offering.ts';
import { closeOffer, logFailure, type StudioState, type WorkerSession } from './state.ts';
import { afterFailure } from '../queue/endings.ts';
import { GRACE_MS } from '../queue/timing.ts';

/* Jobs whose worker has no session any more, or is not at work on them: after the grace they are lost. */

/** Leaves the job with its worker for the grace. */
export function beginGrace(studio: StudioState, jobId: string, workerId: string): void {
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

/** What an earlier process of this studio left with workers stays theirs for the grace. */
export async function restoreGraces(studio: StudioState): Promise<void> {
  for (const job of await studio.store.jobs.underway()) {
    if (job.workerId !== undefined) armGrace(studio, job.id, job.workerId);
  }
}
