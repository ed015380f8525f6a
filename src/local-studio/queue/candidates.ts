import type { ReadCapabilities } from '../../contract/capabilities.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { AcceptedJob } from './accepted-job.ts';
import type { Readiness } from './readiness.ts';

/** The one offer that a worker may have open. */
export type OpenOffer =
  | { readonly at: 'none' }
  /** The store is being asked: for the job to offer, or about one that the worker names. */
  | { readonly at: 'choosing' }
  | OfferedJob;

interface OfferedJob {
  readonly at: 'offered';
  readonly jobId: string;
  readonly seq: number;
  /** How long the job waited for it, unless it ran before. */
  readonly firstWait?: { readonly kind: TaskKindId; readonly ms: number } | undefined;
}

/** How many jobs a worker may have at a time, of what the studio and the worker allow the smaller. */
export const maxJobsOf = (
  { maxParallelJobs }: { readonly maxParallelJobs: number },
  capabilities: Pick<ReadCapabilities, 'maxParallelJobs'>,
): number => Math.min(maxParallelJobs, capabilities.maxParallelJobs ?? 1);

/** What decides whether a worker is asked. */
export interface OfferCandidate {
  readonly offer: OpenOffer;
  /** By job id, oldest first. */
  readonly running: ReadonlyMap<string, AcceptedJob>;
  /** How many jobs it may have at a time. */
  readonly maxJobs: number;
  readonly capabilities: ReadCapabilities;
  readonly readiness: Readiness;
  /** Engines that it had no slot for beside the jobs it runs, and until when that counts (`Clock.elapsed`). */
  readonly noSlotUntil: ReadonlyMap<string, number>;
}

/** Whether a worker can be asked at all. One that works only while its machine is idle is asked only when it says that it is. */
export function isAvailable(candidate: OfferCandidate): boolean {
  const { offer, capabilities, readiness } = candidate;
  const isInUse = capabilities.onlyWhenIdle === true && capabilities.userPresence !== 'idle';
  const isFree = offer.at === 'none' && readiness === 'ready' && !isFull(candidate);
  return isFree && capabilities.autoEnabled && !isInUse;
}

/** Whether a worker has as many jobs as it may have. */
export const isFull = ({ running, maxJobs }: Pick<OfferCandidate, 'running' | 'maxJobs'>): boolean =>
  running.size >= maxJobs;

/** The workers that have the fewest jobs first; of equals, the one that comes first. Those that are full are left out. */
export function* emptiestFirst<Worker extends Pick<OfferCandidate, 'running' | 'maxJobs'>>(
  workers: ReadonlyMap<string, Worker>,
): Generator<Worker> {
  let isBeyond = true;
  for (let jobs = 0; isBeyond; jobs++) {
    isBeyond = false;
    for (const worker of workers.values()) {
      if (isFull(worker)) continue;
      if (worker.running.size === jobs) yield worker;
      else if (worker.running.size > jobs) isBeyond = true;
    }
  }
}
