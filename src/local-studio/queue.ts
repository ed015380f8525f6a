import { MINUTE_MS } from '../base/units.ts';
import { enginesOf, type ReadCapabilities } from '../contract/capabilities.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';

/*
 * Who gets which job and what a job's end means: decisions without effects, per the studio contract.
 *
 *   queued ──offer──▶ offered ──accept──▶ running ──result──▶ completed
 *     ▲                  │                   │
 *     ├──reject, 10 s────┘                   │   free of charge
 *     └──fail retryable, lost────────────────┴──▶ failed    costs an attempt; after the last one, or not retryable
 */

/** Attempts a job has before it counts as failed (studio contract: the queue). */
export const MAX_ATTEMPTS = 3;
/** An offer that is not answered in this time goes back to the queue (studio contract: timing constants). */
export const OFFER_ANSWER_MS = 10_000;
/** How often sessions are checked, and the time without a heartbeat after which one is stale (studio contract: timing constants). */
export const SWEEP_MS = 10_000;
export const STALE_MS = 30_000;
/** A running job whose socket is lost stays with its worker this long (studio contract: `resume`). */
export const GRACE_MS = STALE_MS;
/** How long a running job is its worker's from the last heartbeat: until the next counts as missing, and the grace after. */
export const HOLD_MS = STALE_MS + SWEEP_MS + GRACE_MS;
/** How long a job on offer is: its studio takes it back by itself unless it died. */
export const OFFER_HOLD_MS = OFFER_ANSWER_MS + SWEEP_MS;

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

/** A job that a worker accepted. */
export interface AcceptedJob {
  readonly jobId: string;
  /**
   * It is none of this worker's jobs any more: cancelled, past its deadline, or taken by another studio. Frames about it are
   * acknowledged and ignored.
   */
  readonly revoked: boolean;
  /** Heartbeats in a row that did not name the job. */
  readonly unnamed: number;
}

/** How many jobs a worker may have at a time, of what the studio and the worker allow the smaller. */
export const maxJobsOf = (
  { maxParallelJobs }: { readonly maxParallelJobs: number },
  capabilities: Pick<ReadCapabilities, 'maxParallelJobs'>,
): number => Math.min(maxParallelJobs, capabilities.maxParallelJobs ?? 1);

/**
 * How a worker stands to offers, from its welcome on.
 *
 *   greeted ──heartbeat──▶ ready ──"not now"──▶ cooling ──heartbeat with space, or one of its jobs ends──▶ ready
 *      └────────────────────┴── its session ends ──┴──▶ gone
 *
 * The first heartbeat names the jobs of an earlier socket that the worker still works on: nothing is offered before.
 */
export type Readiness = 'greeted' | 'ready' | 'cooling' | 'gone';

/** After a heartbeat, which says whether the worker has fewer jobs than it takes. */
export const afterBeat = (readiness: Readiness, hasSpace: boolean): Readiness =>
  readiness === 'greeted' || (readiness === 'cooling' && hasSpace) ? 'ready' : readiness;

/** After an offer that the worker rejected for the moment, or did not answer. */
export const afterNotNow = (readiness: Readiness): Readiness => (readiness === 'ready' ? 'cooling' : readiness);

/** After one of the worker's jobs ended: what that frees may be just what it lacked. */
export const afterEnd = (readiness: Readiness): Readiness => (readiness === 'cooling' ? 'ready' : readiness);

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

/**
 * Whether a worker is worth asking the store for this job: its kind is served, and its estimate within the threshold.
 * The store also knows the job's engine, and offers it only to a worker that names it.
 */
export const suits = (
  capabilities: Pick<ReadCapabilities, 'taskKinds' | 'vramThresholdGb'>,
  job: { readonly kind: TaskKindId; readonly vramGb: number },
): boolean => capabilities.taskKinds.includes(job.kind) && job.vramGb <= capabilities.vramThresholdGb;

/** The same for jobs of a kind and an engine of which the smallest is in this class. */
export const suitsAny = (
  capabilities: ReadCapabilities,
  jobs: { readonly kind: TaskKindId; readonly engine: string; readonly vramClass: number },
): boolean =>
  capabilities.taskKinds.includes(jobs.kind) &&
  enginesOf(capabilities).includes(jobs.engine) &&
  jobs.vramClass <= vramClass(capabilities.vramThresholdGb);

/** Whole gigabytes, rounded up: by these and by kind the queue is sorted. Bounded, so that nobody makes one for each job. */
export const vramClass = (vramGb: number): number => Math.min(MAX_CLASSES, Math.max(0, Math.ceil(vramGb)));
const MAX_CLASSES = 4_096;

/** Codes by which a worker means "not now" (studio contract: `reject`). */
const TRANSIENT_CODES = ['busy', 'paused', 'insufficient_memory'] as const;
/** What a worker rejects offers for: one of these, which means "not now", or the job itself. */
export const REJECTED_FOR = [...TRANSIENT_CODES, 'job'] as const;
type RejectedFor = (typeof REJECTED_FOR)[number];

interface RejectedOffer {
  readonly code?: string | undefined;
  readonly reason: string;
}

/** Reasons by which workers without reject codes mean the same (studio contract: `reject`). */
const TRANSIENT_REASONS: readonly (readonly [text: string, RejectedFor])[] = [
  ['worker paused by operator', 'paused'],
  ['only when idle: the person is using this computer', 'paused'],
  ['only when idle: whether a person is using this computer is not known', 'paused'],
  ['worker already has an in-flight job', 'busy'],
  ['worker is installing an update', 'busy'],
  ['insufficient device memory: ', 'insufficient_memory'],
  ['insufficient host memory: ', 'insufficient_memory'],
];

/** What a worker rejected an offer for. A code decides; texts are for workers without codes. */
export const rejectedFor = (rejection: RejectedOffer): RejectedFor =>
  TRANSIENT_CODES.find((known) => known === rejection.code) ??
  TRANSIENT_REASONS.find(([text]) => rejection.reason.includes(text))?.[1] ??
  'job';

/**
 * How long an engine is left alone at a worker that was too busy for one more job of it, unless one of its jobs ends
 * before: what others it runs may end, too. Meanwhile the other engines' jobs fill its slots.
 */
export const NO_SLOT_MS = 30_000;

/** Whether a rejection says that the jobs which a worker runs leave no slot for this one: nothing about the job itself. */
export const isBusyBeside = (code: string | undefined, running: number): boolean => code === 'busy' && running > 0;

/** The name of the engine in a model source, which is JSON that the studio wrote itself. */
export function engineOf(modelSource: string): string {
  const source: unknown = JSON.parse(modelSource);
  const engine: unknown = typeof source === 'object' && source !== null ? Reflect.get(source, 'engine') : undefined;
  return typeof engine === 'string' ? engine : '';
}

/** How long a job that a worker could not take lets the others pass, and how many may do so at once. */
const DEFERRED_MS = 10 * MINUTE_MS;
const MAX_DEFERRED = 40; // fewer than one query can skip

/**
 * Jobs, by `seq`, that a worker rejected for the moment: how often in a row, and until when the others go first. Times
 * are `Clock.elapsed`.
 */
export type Deferred = Map<number, { readonly times: number; readonly untilMs: number }>;

/**
 * Records a "not now". A worker that gives it twice for one job, with an idle heartbeat in between, means the job: its
 * model does not fit, or crashed too often. The contract's texts do not tell that from a worker that is busy.
 */
export function defer(deferred: Deferred, seq: number, elapsedMs: number): void {
  const times = (deferred.get(seq)?.times ?? 0) + 1;
  if (passedOver(deferred, elapsedMs).length < MAX_DEFERRED) {
    deferred.set(seq, { times, untilMs: elapsedMs + DEFERRED_MS });
  }
}

/** The jobs that let the others pass now; forgets those whose time is over. */
export function passedOver(deferred: Deferred, elapsedMs: number): readonly number[] {
  for (const [seq, { untilMs }] of deferred) if (untilMs <= elapsedMs) deferred.delete(seq);
  return [...deferred].flatMap(([seq, { times }]) => (times > 1 ? [seq] : []));
}

/** Where a job goes whose run brought no result. `attempts` counts the run that just ended. */
export const afterFailure = (
  job: { readonly attempts: number; readonly maxAttempts: number },
  retryable: boolean,
): 'queued' | 'failed' => (retryable && job.attempts < job.maxAttempts ? 'queued' : 'failed');

/** Why a job failed whose deadline passed: it was waiting, or a worker ran it. */
export const DEADLINE_PASSED = {
  waiting: 'deadline passed before a worker took it',
  running: 'deadline passed while a worker ran it',
} as const;

/** Why a job ended without a result: by its last attempt, which failed or was lost, by its operator, or by its deadline. */
export const ENDED_BECAUSE = ['attempt', 'cancelled', 'deadline'] as const;
export type EndedBecause = (typeof ENDED_BECAUSE)[number];

/** What a worker is told when its job is taken from it: the operator cancelled it, or its deadline passed. */
export type RevokedBecause = Exclude<EndedBecause, 'attempt'>;

/** Why a job was taken from the worker that ran it, where that was decided here; undefined for any other job. */
export function revokedBecause({
  endedBecause,
}: {
  readonly endedBecause: EndedBecause | undefined;
}): RevokedBecause | undefined {
  switch (endedBecause) {
    case 'cancelled':
    case 'deadline':
      return endedBecause;
    case 'attempt':
    case undefined:
      return undefined;
    default:
      return endedBecause satisfies never;
  }
}

/** Heartbeats in a row without its name after which a running job counts as dropped by its worker. */
const UNNAMED_LIMIT = 2;

/**
 * A running job after a heartbeat that did not name it; undefined when that ends it. One may have crossed the accept; two
 * are a statement.
 */
export function afterUnnamedBeat(job: AcceptedJob): AcceptedJob | undefined {
  const unnamed = job.unnamed + 1;
  return job.revoked || unnamed >= UNNAMED_LIMIT ? undefined : { ...job, unnamed };
}
