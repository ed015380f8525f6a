import type { Store } from '../storage/store.ts';
import type { StudioTallies } from './studio-tallies.ts';

/** The same store; what its jobs go through here is counted once it is written. */
export function countedStore(store: Store, tallies: StudioTallies): Store {
  const { jobs } = store;
  const { jobsCreated, attempts, requeued, holdsLapsed } = tallies;
  return {
    ...store,
    audited: (entry) => countedStore(store.audited(entry), tallies),
    jobs: {
      ...jobs,
      async add(job) {
        const admission = await jobs.add(job);
        if (admission.is === 'added') jobsCreated.add({ kind: job.kind });
        return admission;
      },
      async release(id, workerId, at, onlyLapsed) {
        const isReleased = await jobs.release(id, workerId, at, onlyLapsed);
        if (isReleased) requeued.add({ because: 'not-accepted' });
        if (isReleased && onlyLapsed === true) holdsLapsed.add({});
        return isReleased;
      },
      async end(id, workerId, ending, at) {
        const isEnded = await jobs.end(id, workerId, ending, at);
        if (!isEnded) return false;
        attempts.add({ outcome: ending.outcome });
        if (ending.to === 'queued') requeued.add({ because: ending.outcome });
        if (ending.onlyLapsed === true) holdsLapsed.add({});
        return true;
      },
      async complete(id, workerId, completion, at) {
        const isCompleted = await jobs.complete(id, workerId, completion, at);
        if (isCompleted) attempts.add({ outcome: 'completed' });
        return isCompleted;
      },
    },
  };
}
