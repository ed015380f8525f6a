/** A worker's answer to an offer that it did not take. */
export interface GivenRejection {
  readonly jobId: string;
  readonly workerId: string;
  /** In the worker's own words. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The latest rejection of each job by each worker, for the operator; the rules do not go by them. */
export interface Rejections {
  add(rejection: GivenRejection): void;
  of(jobId: string, workerId: string): GivenRejection | undefined;
  /** The latest that a worker gave. */
  latestBy(workerId: string): GivenRejection | undefined;
  /** The job waits no more. */
  forget(jobId: string): void;
}

/** Beyond this the jobs that were rejected longest ago are forgotten: their next offer tells the same again. */
const MAX_JOBS = 10_000;

/** Knows none at first; a studio that restarts is told again. */
export function createRejections(maxJobs = MAX_JOBS): Rejections {
  const byJob = new Map<string, Map<string, GivenRejection>>();
  const byWorker = new Map<string, GivenRejection>();
  return {
    add(rejection) {
      const { jobId, workerId } = rejection;
      const ofJob = byJob.get(jobId) ?? new Map<string, GivenRejection>();
      byJob.delete(jobId); // to the end, where the latest are
      byJob.set(jobId, ofJob.set(workerId, rejection));
      byWorker.set(workerId, rejection);
      const [oldest] = byJob.keys();
      if (byJob.size > maxJobs && oldest !== undefined) byJob.delete(oldest);
    },
    of: (jobId, workerId) => byJob.get(jobId)?.get(workerId),
    latestBy: (workerId) => byWorker.get(workerId),
    forget: (jobId) => void byJob.delete(jobId),
  };
}
