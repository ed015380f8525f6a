import type { JobState } from '../../../src/contract/operator/views.ts';
import type { ReadOutboundFrame } from '../../../src/contract/frames/outbound.ts';
import type { Store } from '../../../src/local-studio/storage/store.ts';
import { systemClock } from '../../../src/system/clock.ts';

/** What is seen of a studio from outside: on its sockets, in its answers, and in what it writes to its store. */
export type StudioEvent =
  | { readonly is: 'asked'; readonly requestId: string }
  | { readonly is: 'connected' | 'disconnected'; readonly workerId: string }
  | { readonly is: 'heard'; readonly workerId: string; readonly frame: ReadOutboundFrame }
  | { readonly is: 'said'; readonly workerId: string; readonly type: string; readonly text: string }
  | { readonly is: 'uploaded'; readonly workerId: string; readonly jobId: string; readonly status: number }
  | { readonly is: 'moved'; readonly jobId: string; readonly to: JobState };

export type StudioRecorder = ReturnType<typeof createRecorder>;

/** Keeps the events, and lets tests wait for the next one of a kind. */
export function createRecorder(patienceMs: number) {
  const events: StudioEvent[] = [];
  const frames: ReadOutboundFrame[] = [];
  const uploads: { jobId: string; status: number }[] = [];
  const taken = new Set<StudioEvent>();
  const waiters = new Set<() => void>();
  const hear = (event: StudioEvent): void => {
    events.push(event);
    if (event.is === 'heard') frames.push(event.frame);
    if (event.is === 'uploaded') uploads.push({ jobId: event.jobId, status: event.status });
    for (const wake of waiters) wake();
  };
  const until = (
    what: string,
    fits: (event: StudioEvent) => boolean,
    which: 'not yet taken' | 'from the start' = 'not yet taken',
  ): Promise<StudioEvent> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find((event) => fits(event) && (which !== 'not yet taken' || !taken.has(event)));
        if (found === undefined) return;
        if (which === 'not yet taken') taken.add(found);
        waiters.delete(look);
        cancel();
        resolve(found);
      };
      const cancel = systemClock.after(patienceMs, () => {
        waiters.delete(look);
        reject(new Error(`the studio waited ${patienceMs} ms for ${what}`));
      });
      waiters.add(look);
      look();
    });
  const next = async <Type extends ReadOutboundFrame['type']>(type: Type) => {
    const heard = await until(type, (event) => event.is === 'heard' && event.frame.type === type);
    return (heard as StudioEvent & { is: 'heard' }).frame as Extract<ReadOutboundFrame, { type: Type }>;
  };
  return { events, frames, uploads, hear, until, next };
}

/** The same store; what changes a job or asks for approval is recorded once it is written. */
export function recordedStore(store: Store, hear: (event: StudioEvent) => void): Store {
  const { jobs, registrations } = store;
  const moved = (jobId: string, to: JobState): void => hear({ is: 'moved', jobId, to });
  const noted = async (jobId: string, to: JobState, change: Promise<boolean>): Promise<boolean> => {
    const done = await change;
    if (done) moved(jobId, to);
    return done;
  };
  return {
    ...store,
    audited: (entry) => recordedStore(store.audited(entry), hear),
    registrations: {
      ...registrations,
      add: async (row) => {
        await registrations.add(row);
        hear({ is: 'asked', requestId: row.requestId });
      },
    },
    jobs: {
      ...jobs,
      add: async (job) => {
        const admission = await jobs.add(job);
        if (admission.is === 'added') moved(job.id, 'queued');
        return admission;
      },
      offerNext: async (criteria, at) => {
        const job = await jobs.offerNext(criteria, at);
        if (job !== undefined) moved(job.id, 'offered');
        return job;
      },
      release: (id, workerId, at) => noted(id, 'queued', jobs.release(id, workerId, at)),
      start: (id, workerId, at) => noted(id, 'running', jobs.start(id, workerId, at)),
      resume: (id, workerId, at, hasAccepted) => noted(id, 'running', jobs.resume(id, workerId, at, hasAccepted)),
      end: (id, workerId, ending, at) => noted(id, ending.to, jobs.end(id, workerId, ending, at)),
      complete: (id, workerId, completion, at) => noted(id, 'completed', jobs.complete(id, workerId, completion, at)),
      cancel: (id, at) => noted(id, 'cancelled', jobs.cancel(id, at)),
      retry: async (id, at) => {
        const requeue = await jobs.retry(id, at);
        if (requeue.is === 'queued') moved(id, 'queued');
        return requeue;
      },
    },
  };
}
