import type { TaskKindId } from '../../contract/tasks/index.ts';
import { type Desk, report, type Session } from './state.ts';
import { isAvailable, OFFER_ANSWER_MS, passedOver, suits } from '../queue.ts';
import type { JobRow } from '../storage/store.ts';

/** Offers the next fitting job, if the worker can be asked and there is one. */
export async function offerTo(desk: Desk, session: Session): Promise<void> {
  if (session.slot.at === 'choosing') session.askAgain = true;
  if (!canAsk(desk, session)) return;
  do {
    session.slot = { at: 'choosing' };
    session.askAgain = false;
    const job = await choose(desk, session);
    if (job !== undefined && !session.alive) {
      await desk.store.jobs.release(job.id, session.workerId, desk.clock.now());
      return offerToAll(desk);
    }
    if (job !== undefined) return ask(desk, session, job);
    session.slot = { at: 'idle' };
  } while (session.askAgain && canAsk(desk, session));
}

/** Offers to every worker that can be asked, the one that is connected longest first. */
export async function offerToAll(desk: Desk): Promise<void> {
  for (const session of desk.live.values()) await offerTo(desk, session);
}

/** Finds a worker for a job that was just queued; what else waits was offered when it came up. */
export async function offerJob(desk: Desk, job: { readonly kind: TaskKindId; readonly vramGb: number }): Promise<void> {
  for (const session of desk.live.values()) {
    if (!suits(session.capabilities, job)) continue;
    const couldAsk = canAsk(desk, session);
    await offerTo(desk, session);
    if (couldAsk && session.slot.at === 'offered') return;
  }
}

const canAsk = (desk: Desk, session: Session): boolean => !desk.stopped && session.alive && isAvailable(session);

async function choose(desk: Desk, session: Session): Promise<JobRow | undefined> {
  const { workerId, capabilities, refused, deferred } = session;
  const { jobs } = desk.store;
  const now = desk.clock.now();
  const wanted = {
    workerId,
    kinds: capabilities.taskKinds,
    thresholdGb: capabilities.vramThresholdGb,
    except: refused,
  };
  try {
    const later = passedOver(deferred, now);
    const first =
      later.length === 0 ? undefined : await jobs.offerNext({ ...wanted, except: [...refused, ...later] }, now);
    return first ?? (await jobs.offerNext(wanted, now));
  } catch (thrown) {
    session.slot = { at: 'idle' };
    throw thrown;
  }
}

function ask(desk: Desk, session: Session, job: JobRow): void {
  session.slot = { at: 'offered', jobId: job.id, seq: job.seq };
  session.disarm = desk.clock.after(OFFER_ANSWER_MS, () => {
    desk.log.warn('offer.expired', { jobId: job.id, workerId: session.workerId });
    session.cooling = true;
    report(desk, takeBack(desk, session, job.id));
  });
  desk.emit({ is: 'moved', jobId: job.id, to: 'offered' });
  session.say('offer', offerText(job));
  desk.log.debug('offer.sent', { jobId: job.id, workerId: session.workerId });
}

/** Puts an offered job back into the queue, free of charge, and the worker back to idle. */
export async function takeBack(desk: Desk, session: Session, jobId: string): Promise<void> {
  session.disarm();
  session.slot = { at: 'idle' };
  if (desk.stopped) return;
  if (await desk.store.jobs.release(jobId, session.workerId, desk.clock.now())) {
    desk.emit({ is: 'moved', jobId, to: 'queued' });
  }
  await offerToAll(desk);
}

/** Task and model source are JSON already, digit for digit as the operator wrote them. */
function offerText(job: JobRow): string {
  const text = (value: string): string => JSON.stringify(value);
  return (
    `{"type":"offer","claim":{"jobId":${text(job.id)},"gameId":${text(job.gameId)},` +
    `"assetName":${text(job.assetName)},"model":${text(job.model)},"vramGbEstimate":${job.vramGb},` +
    `"task":${job.task},"modelSource":${job.modelSource}}}`
  );
}
