import type { TellChange } from '../changes.ts';
import type { ProjectTable } from './tables/projects.ts';
import type { LogTable } from './tables/logs.ts';
import type { Store } from './store.ts';
import type { JobTable } from './tables/jobs.ts';
import type { RegistrationTable } from './tables/registrations.ts';

/*
 * The store, with what it changes told once it is written: whatever part of the studio changes something, whoever watches
 * learns of it here.
 */

/** The same store; `tell` is called after each change. */
export function observedStore(store: Store, tell: TellChange): Store {
  const { workers, models } = store;
  const toWorker = async <T>(workerId: string, change: Promise<T>): Promise<T> => {
    const done = await change;
    tell({ is: 'worker', workerId });
    return done;
  };
  const toModels = async <T>(change: Promise<T>): Promise<T> => {
    const done = await change;
    tell({ is: 'models' });
    return done;
  };
  return {
    ...store,
    audited: (entry) => observedStore(store.audited(entry), tell),
    registrations: observedRegistrations(store.registrations, tell),
    workers: {
      ...workers,
      put: (worker) => toWorker(worker.id, workers.put(worker)),
      welcome: (id, session) => toWorker(id, workers.welcome(id, session)),
      leave: (id, sessionId) => toWorker(id, workers.leave(id, sessionId)),
      remove: (id) => toWorker(id, workers.remove(id)),
    },
    models: {
      ...models,
      add: (row) => toModels(models.add(row)),
      replace: (row) => toModels(models.replace(row)),
      remove: (id) => toModels(models.remove(id)),
    },
    jobs: observedJobs(store.jobs, tell),
    projects: observedProjects(store.projects, tell),
    logs: observedLogs(store.logs, tell),
  };
}

function observedRegistrations(registrations: RegistrationTable, tell: TellChange): RegistrationTable {
  return {
    ...registrations,
    async add(row) {
      await registrations.add(row);
      tell({ is: 'registrations' });
    },
    async decide(requestId, verdict) {
      const decided = await registrations.decide(requestId, verdict);
      if (decided) tell({ is: 'registrations' });
      if (decided && 'worker' in verdict) tell({ is: 'worker', workerId: verdict.worker.id });
      return decided;
    },
  };
}

const observedLogs = (logs: LogTable, tell: TellChange): LogTable => ({
  ...logs,
  async add(workerId, entries) {
    const lines = await logs.add(workerId, entries);
    tell({ is: 'lines', lines });
    return lines;
  },
});

function observedProjects(projects: ProjectTable, tell: TellChange): ProjectTable {
  return {
    ...projects,
    async remove(name, at, force) {
      const removal = await projects.remove(name, at, force);
      for (const jobId of removal.is === 'removed' ? removal.cancelled : []) tell({ is: 'job', jobId });
      return removal;
    },
  };
}

function observedJobs(jobs: JobTable, tell: TellChange): JobTable {
  const moved = async (jobId: string, workerId: string | undefined, change: Promise<boolean>): Promise<boolean> => {
    const isMoved = await change;
    if (isMoved) tell({ is: 'job', jobId, ...(workerId !== undefined && { workerId }) });
    return isMoved;
  };
  return {
    ...jobs,
    async add(job) {
      const admission = await jobs.add(job);
      if (admission.is === 'added') tell({ is: 'job', jobId: job.id });
      return admission;
    },
    async offerNext(criteria, at) {
      const job = await jobs.offerNext(criteria, at);
      if (job !== undefined) tell({ is: 'job', jobId: job.id, workerId: criteria.workerId });
      return job;
    },
    release: (id, workerId, at, onlyLapsed) => moved(id, workerId, jobs.release(id, workerId, at, onlyLapsed)),
    start: (id, workerId, at) => moved(id, workerId, jobs.start(id, workerId, at)),
    resume: (id, workerId, at, hasAccepted) => moved(id, workerId, jobs.resume(id, workerId, at, hasAccepted)),
    end: (id, workerId, ending, at) => moved(id, workerId, jobs.end(id, workerId, ending, at)),
    complete: (id, workerId, completion, at) => moved(id, workerId, jobs.complete(id, workerId, completion, at)),
    change: (id, change, at) => moved(id, undefined, jobs.change(id, change, at)),
    async expire(at, limit) {
      const expiry = await jobs.expire(at, limit);
      for (const { id, workerId } of expiry.expired) {
        tell({ is: 'job', jobId: id, ...(workerId !== undefined && { workerId }) });
      }
      return expiry;
    },
    cancel: (id, at) => moved(id, undefined, jobs.cancel(id, at)),
    async retry(id, at) {
      const requeue = await jobs.retry(id, at);
      if (requeue.is === 'queued') tell({ is: 'job', jobId: id });
      return requeue;
    },
  };
}
