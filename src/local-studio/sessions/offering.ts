import { enginesOf } from '../../contract/capabilities.ts';
import { endGrace, type HeldJob, takeBackSurely } from './graces.ts';
import { closeOffer, isGone, logFailure, type StudioState, type WorkerSession } from './state.ts';
import { emptiestFirst, isAvailable } from '../queue/candidates.ts';
import { passedOver } from '../queue/deferred.ts';
import { afterNotNow } from '../queue/readiness.ts';
import { suits, suitsAny } from '../queue/suitability.ts';
import { OFFER_ANSWER_MS } from '../queue/timing.ts';
import type { JobRow } from '../storage/tables/jobs.ts';

/** Offers the next fitting job, if the worker can be asked and there is one. */
export async function offerTo(studio: StudioState, session: WorkerSession): Promise<void> {
  if (session.offer.at === 'choosing') session.offer = { at: 'choosing', again: true };
  let again = true;
  while (again && canAsk(studio, session)) {
    session.offer = { at: 'choosing', again: false };
    const job = await choose(studio, session);
    if (job !== undefined && isGone(session)) return release(studio, { jobId: job.id, workerId: session.workerId });
    if (job !== undefined) return ask(studio, session, job);
    again = isToChooseAgain(session);
    session.offer = { at: 'none' };
  }
}

const isToChooseAgain = ({ offer }: WorkerSession): boolean => offer.at === 'choosing' && offer.again;

/** Offers to every worker that can be asked: the emptiest first, and of equals the one that is connected longest. */
export async function offerToAll(studio: StudioState): Promise<void> {
  for (const session of emptiestFirst(studio.live)) await offerTo(studio, session);
}

/** A job is back in the queue: whoever may have it is asked, at other studios too. */
export async function requeued(studio: StudioState): Promise<void> {
  studio.bus.publish({ is: 'queued' });
  await offerToAll(studio);
}

/** What decides whether a worker is worth asking about a job. */
type QueuedJob = Pick<JobRow, 'id' | 'kind' | 'vramGb'>;

/** Finds a worker for a job that was just queued; what else waits was offered when it came up. */
export async function offerJob(studio: StudioState, job: QueuedJob): Promise<void> {
  const { id, kind, vramGb } = job;
  studio.bus.publish({ is: 'queued', job: { id, kind, vramGb } });
  await offerHere(studio, job);
}

/** As `offerJob`, to workers whose sockets are here. */
export async function offerHere(studio: StudioState, job: QueuedJob): Promise<void> {
  for (const session of emptiestFirst(studio.live)) {
    if (!suits(session.capabilities, job)) continue;
    const couldAsk = canAsk(studio, session);
    await offerTo(studio, session);
    if (couldAsk && session.offer.at === 'offered') return;
    // Another studio may have been faster: then none of the others here is asked in vain.
    if (studio.bus.isShared && (await studio.store.jobs.get(job.id))?.state !== 'queued') return;
  }
}

/**
 * Offers what a project has waiting to workers whose sockets are here, one after the other, for as long as more of its jobs
 * may run. Whether some still may.
 */
export async function offerFreed(studio: StudioState, project: string): Promise<boolean> {
  const { projects } = studio.store;
  let waiting = await projects.runnable(project);
  for (const session of emptiestFirst(studio.live)) {
    if (waiting.length === 0) return false;
    if (!canAsk(studio, session) || !waiting.some((jobs) => suitsAny(session.capabilities, jobs))) continue;
    await offerTo(studio, session);
    waiting = await projects.runnable(project);
  }
  return waiting.length > 0;
}

const canAsk = (studio: StudioState, session: WorkerSession): boolean => !studio.stopped && isAvailable(session);

async function choose(studio: StudioState, session: WorkerSession): Promise<JobRow | undefined> {
  const { workerId, capabilities, rejected, deferred, noSlotUntil } = session;
  const { jobs } = studio.store;
  const now = studio.clock.now();
  const criteria = {
    workerId,
    kinds: capabilities.taskKinds,
    engines: enginesOf(capabilities).filter((engine) => (noSlotUntil.get(engine) ?? 0) <= studio.clock.elapsed()),
    thresholdGb: capabilities.vramThresholdGb,
    except: rejected,
  };
  try {
    const later = passedOver(deferred, studio.clock.elapsed());
    const first =
      later.length === 0 ? undefined : await jobs.offerNext({ ...criteria, except: [...rejected, ...later] }, now);
    return first ?? (await jobs.offerNext(criteria, now));
  } catch (thrown) {
    session.offer = { at: 'none' };
    throw thrown;
  }
}

function ask(studio: StudioState, session: WorkerSession, job: JobRow): void {
  endGrace(studio, job.id);
  const disarm = studio.clock.after(OFFER_ANSWER_MS, () => {
    studio.log.warn('offer.expired', { jobId: job.id, workerId: session.workerId });
    session.readiness = afterNotNow(session.readiness);
    studio.tallies.offerAnswers.add({ answer: 'none' });
    logFailure(studio, takeBack(studio, session, job.id));
  });
  const waitedMs = Math.max(0, studio.clock.now() - job.createdAt); // the clocks of two studios may differ
  const firstWait = job.attempts === 0 ? { kind: job.kind, ms: waitedMs } : undefined;
  session.offer = { at: 'offered', jobId: job.id, seq: job.seq, firstWait, disarm };
  studio.tallies.offers.add({});
  session.send(offerText(job));
  studio.log.debug('offer.sent', { jobId: job.id, workerId: session.workerId });
}

/** Puts an offered job back into the queue, free of charge; the worker may be asked about another. */
export async function takeBack(studio: StudioState, session: WorkerSession, jobId: string): Promise<void> {
  closeOffer(session);
  await release(studio, { jobId, workerId: session.workerId });
}

/** Puts a job that was offered back into the queue. */
export const release = (studio: StudioState, held: HeldJob): Promise<void> =>
  takeBackSurely(studio, held, async () => {
    await studio.store.jobs.release(held.jobId, held.workerId, studio.clock.now());
    await requeued(studio);
  });

/** Task and model source are JSON already, digit for digit as the operator wrote them. */
function offerText(job: JobRow): string {
  const text = (value: string): string => JSON.stringify(value);
  return (
    `{"type":"offer","claim":{"jobId":${text(job.id)},"gameId":${text(job.gameId)},` +
    `"assetName":${text(job.assetName)},"model":${text(job.model)},"vramGbEstimate":${job.vramGb},` +
    `"task":${job.task},"modelSource":${job.modelSource}}}`
  );
}
