import { MINUTE_MS } from '../base/units.ts';
import type { ReadCapabilities } from '../contract/capabilities.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';

/*
 * Who gets which job and what a job's end means: decisions without effects, per the studio contract.
 *
 *   queued ──offer──▶ offered ──accept──▶ running ──result──▶ completed
 *     ▲                  │                   │
 *     ├──reject, 10 s────┘                   │   free of charge
 *     └──fail retryable, lost────────────────┴──▶ failed    costs an attempt; after the last one, or not retryable
 */

/** Attempts a job has. */
export const MAX_ATTEMPTS = 3;
/** An offer that is not answered in this time goes back to the queue. */
export const OFFER_ANSWER_MS = 10_000;
/** How often sessions are checked, and when one counts as stale (studio contract). */
export const SWEEP_MS = 10_000;
export const STALE_MS = 30_000;
/** A running job whose socket is lost stays with its worker this long. */
export const GRACE_MS = STALE_MS;

/** What a session does at the moment. */
export type Slot =
  | { readonly at: 'idle' }
  /** The store is being asked for a job. */
  | { readonly at: 'choosing' }
  | { readonly at: 'offered'; readonly jobId: string; readonly seq: number }
  | {
      readonly at: 'running';
      readonly jobId: string;
      readonly seq: number;
      /** The operator took the job away; what the worker says of it is answered and ignored. */
      readonly revoked: boolean;
      /** Heartbeats in a row that did not name the job. */
      readonly unnamed: number;
    };

export interface Candidate {
  readonly slot: Slot;
  readonly capabilities: ReadCapabilities;
  /** Said no for the moment: not asked again until its next idle heartbeat. */
  readonly cooling: boolean;
  /** Its first heartbeat has said whether it still works on a job of an earlier socket. */
  readonly settled: boolean;
}

/** Whether a worker can be asked at all. One that wants its person away is asked only when it says so. */
export function isAvailable({ slot, capabilities, cooling, settled }: Candidate): boolean {
  const present = capabilities.onlyWhenIdle === true && capabilities.userPresence !== 'idle';
  return slot.at === 'idle' && settled && !cooling && capabilities.autoEnabled && !present;
}

/** Whether a job fits a worker: its kind is served, and its estimate within the threshold. */
export const suits = (
  capabilities: Pick<ReadCapabilities, 'taskKinds' | 'vramThresholdGb'>,
  job: { readonly kind: TaskKindId; readonly vramGb: number },
): boolean => capabilities.taskKinds.includes(job.kind) && job.vramGb <= capabilities.vramThresholdGb;

/** Whole gigabytes, rounded up: the lanes of the queue. Bounded, so that nobody makes a lane for each job. */
export const vramClass = (vramGb: number): number => Math.min(MOST_CLASSES, Math.max(0, Math.ceil(vramGb)));
const MOST_CLASSES = 4_096;

/** Texts by which workers without reject codes say "not now" (studio contract). */
const TRANSIENT_REASONS = [
  'worker paused by operator',
  'only when idle: the person is using this computer',
  'worker already has an in-flight job',
];

/** Whether a rejection says "not now" rather than "not this job". A code speaks for itself; texts are for older workers. */
export const isTransient = (rejection: { readonly code: string | undefined; readonly reason: string }): boolean =>
  rejection.code === 'busy' ||
  rejection.code === 'paused' ||
  TRANSIENT_REASONS.some((known) => rejection.reason.includes(known));

/** How long a job that a worker could not take lets the others pass, and how many may do so at once. */
const DEFERRED_MS = 10 * MINUTE_MS;
const MOST_DEFERRED = 40; // fewer than one look-up can skip

/** Jobs, by `seq`, that a worker said "not now" to: how often in a row, and until when the others go first. */
export type Deferred = Map<number, { readonly times: number; readonly until: number }>;

/**
 * Notes a "not now". Whoever says it twice of one job, with an idle heartbeat in between, means the job: its model
 * does not fit, or crashed too often. The contract's texts do not tell that from a worker that is at work.
 */
export function defer(deferred: Deferred, seq: number, now: number): void {
  const times = (deferred.get(seq)?.times ?? 0) + 1;
  if (passedOver(deferred, now).length < MOST_DEFERRED) deferred.set(seq, { times, until: now + DEFERRED_MS });
}

/** The jobs that let the others pass now; forgets what is long ago. */
export function passedOver(deferred: Deferred, now: number): readonly number[] {
  for (const [seq, { until }] of deferred) if (until <= now) deferred.delete(seq);
  return [...deferred].flatMap(([seq, { times }]) => (times > 1 ? [seq] : []));
}

/** Where a job goes whose run brought no result. `attempts` counts the run that just ended. */
export const afterFailure = (
  job: { readonly attempts: number; readonly maxAttempts: number },
  retryable: boolean,
): 'queued' | 'failed' => (retryable && job.attempts < job.maxAttempts ? 'queued' : 'failed');

/** Heartbeats in a row without its name after which a running job counts as dropped by its worker. */
const UNNAMED_LIMIT = 2;

/** A running job after a heartbeat that did not name it. One may have crossed the accept; two are a statement. */
export function afterUnnamedBeat(slot: Slot & { readonly at: 'running' }): Slot {
  const unnamed = slot.unnamed + 1;
  return slot.revoked || unnamed >= UNNAMED_LIMIT ? { at: 'idle' } : { ...slot, unnamed };
}
