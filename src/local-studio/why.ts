import { enginesOf } from '../contract/capabilities.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';
import type { Willingness } from './storage/tables/figures.ts';
import { isFull, type OfferCandidate } from './queue/candidates.ts';

/** The job that waits, as far as it decides who may have it. */
export interface WaitingJob {
  readonly id: string;
  readonly seq: number;
  readonly kind: TaskKindId;
  readonly engine: string;
  readonly vramGb: number;
}

/** A connected worker, and what it answered when it was offered this job. */
export interface AskedWorker extends OfferCandidate {
  readonly rejected: readonly number[];
  readonly rejection: { readonly reason: string } | undefined;
}

/**
 * Why this worker does not have this job, for people: the same facts in the same order as the rules that offer it. A text
 * holds no times, so that it changes only when its fact does.
 */
export function whyNot(job: WaitingJob, worker: AskedWorker): string {
  const { capabilities, rejected, rejection } = worker;
  const engines = enginesOf(capabilities);
  if (rejected.includes(job.seq)) return `rejected it for good: ${rejection?.reason ?? 'no reason is known'}`;
  if (!capabilities.taskKinds.includes(job.kind)) return `serves no ${job.kind} jobs`;
  if (!engines.includes(job.engine)) {
    return `cannot run ${job.engine} now; it can run ${engines.length === 0 ? 'nothing' : engines.join(', ')}`;
  }
  if (job.vramGb > capabilities.vramThresholdGb) {
    return `takes jobs up to ${capabilities.vramThresholdGb} GiB, and this one is estimated at ${job.vramGb} GiB`;
  }
  return whyNoJob(worker) ?? (rejection === undefined ? whyNotYet(job, worker) : `rejected it: ${rejection.reason}`);
}

/** Why this worker is offered no job at all; undefined when that depends on the job. */
export function whyNoJob({ capabilities }: { readonly capabilities: Willingness }): string | undefined {
  if (!capabilities.autoEnabled) return 'takes no jobs: claiming is off';
  if (capabilities.onlyWhenIdle !== true || capabilities.userPresence === 'idle') return undefined;
  return capabilities.userPresence === 'active'
    ? 'takes jobs only when idle, and its machine is in use'
    : 'takes jobs only when idle, and user activity is unknown';
}

function whyNotYet(job: WaitingJob, worker: AskedWorker): string {
  const { offer, running, maxJobs, readiness, noSlotUntil } = worker;
  if (isFull(worker)) {
    return `busy with ${maxJobs > 1 ? `${running.size} of ${maxJobs} jobs` : [...running.keys()].join(', ')}`;
  }
  if (offer.at === 'offered') {
    return offer.jobId === job.id ? 'is asked now' : `is asked about ${offer.jobId}`;
  }
  if (readiness === 'greeted') return 'connected just now: its first heartbeat is awaited';
  if (noSlotUntil.has(job.engine)) return `has no slot for another ${job.engine} job beside those it runs`;
  return readiness === 'cooling' ? 'did not take another offer; asked again after its next heartbeat' : 'is asked next';
}

/** One line on why a job waits, of what is in the way at each connected worker, or at one of `count`. */
export function waitSummary(
  workers: readonly { readonly name: string; readonly because: string }[],
  count = workers.length,
): string {
  const [first] = workers;
  if (first === undefined) return 'no worker is connected';
  const text = `${first.name} ${first.because}`;
  return count === 1 ? text : `${text} (and ${count - 1} more: see \`jobs why\`)`;
}
