import { errorChain } from '../base/errors.ts';
import type { JobId, ModelId } from '../base/ids.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';
import type { JobPhase } from '../contract/worker/jobs.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { DeliveryReport } from '../jobs/delivery-report.ts';
import type { Logger } from '../log/logger.ts';
import type { PooledModel } from '../models/loaded/entry.ts';
import type { UpdateStatus } from '../contract/worker/update-status.ts';
import type { RegistrationStatus } from '../studio/registration/registration.ts';
import type { SessionStatus } from '../studio/session/session.ts';
import type { Condition } from './conditions/condition.ts';
import type { RuleName } from './fitness.ts';

/*
 * What happens in a worker, for programs: history, `status`, the demonstration, and the local API. Every event is plain
 * data that survives JSON. The log is for people and stays apart.
 *
 *   emit ──▶ listener idle? ──yes──▶ called at once
 *                 │ no (its promise is still pending)
 *                 ▼
 *           its own queue, bounded: the oldest event goes when it is full, and the listener receives the number that went
 */

export type WorkerEvent =
  | { readonly is: 'offer'; readonly jobId: JobId; readonly kind: TaskKindId; readonly model: ModelId }
  | { readonly is: 'rejected'; readonly jobId: JobId; readonly rule: RuleName; readonly because: string }
  /** A slot is held for the job, and its requester was promised a result. */
  | { readonly is: 'accepted'; readonly job: JobRecord }
  | { readonly is: 'phase'; readonly jobId: JobId; readonly phase: JobPhase }
  /** `share` is from 0 to 1 and never falls within one job; `done` of `total` are the engine's own steps. */
  | {
      readonly is: 'progress';
      readonly jobId: JobId;
      readonly share: number;
      readonly done: number;
      readonly total: number;
    }
  /** The job ended here. A result that was made is not delivered yet. */
  | { readonly is: 'outcome'; readonly job: JobRecord }
  | { readonly is: 'delivery'; readonly jobId: JobId; readonly report: DeliveryReport }
  /** Models in memory, or on their way in or out, after one of them changed. */
  | { readonly is: 'models'; readonly models: readonly PooledModel[] }
  | { readonly is: 'session'; readonly status: SessionStatus }
  | { readonly is: 'registration'; readonly status: RegistrationStatus }
  /** The studio acknowledged a heartbeat: both ways between it and this worker are open. */
  | { readonly is: 'heartbeat'; readonly roundTripMs?: number }
  /** The operator paused the worker, or resumed it. */
  | { readonly is: 'pause'; readonly paused: boolean }
  /** What jobs are tied to came to be met, or ceased to be. */
  | ({ readonly is: 'condition' } & Condition)
  | { readonly is: 'config'; readonly changedKeys: readonly string[] }
  | { readonly is: 'update'; readonly status: UpdateStatus }
  /** There is a small image of what a job made. */
  | { readonly is: 'thumbnail'; readonly jobId: JobId }
  /** A model was added to the catalogue, changed or removed. */
  | { readonly is: 'catalogue' }
  | { readonly is: 'stopping' }
  /** Sent to one listener alone: it was too slow for so many events. */
  | { readonly is: 'missed'; readonly count: number };

/** A promise makes the listener busy until it settles. */
export type Listener = (event: WorkerEvent) => void | Promise<void>;

export interface WorkerEvents {
  /** Never throws and never waits for a listener. */
  emit(event: WorkerEvent): void;
  /** Receives everything from now on, in order, until the subscription is disposed of. */
  subscribe(listener: Listener, options?: { readonly maxQueued?: number }): Disposable;
}

/** Enough for a burst of progress while a page is drawn; a listener that falls further behind wants the present. */
const MAX_QUEUED = 256;

export function createWorkerEvents(log: Pick<Logger, 'warn'>): WorkerEvents {
  const subscriptions = new Set<Subscription>();
  return {
    emit(event) {
      for (const subscription of subscriptions) subscription.offer(event);
    },
    subscribe(listener, { maxQueued = MAX_QUEUED } = {}) {
      const subscription = new Subscription(listener, maxQueued, log);
      subscriptions.add(subscription);
      return {
        [Symbol.dispose]() {
          subscriptions.delete(subscription);
          subscription.close();
        },
      };
    },
  };
}

class Subscription {
  readonly #listener: Listener;
  readonly #maxQueued: number;
  readonly #log: Pick<Logger, 'warn'>;
  #queue: WorkerEvent[] = [];
  #missed = 0;
  #busy = false;
  #closed = false;

  constructor(listener: Listener, maxQueued: number, log: Pick<Logger, 'warn'>) {
    this.#listener = listener;
    this.#maxQueued = maxQueued;
    this.#log = log;
  }

  offer(event: WorkerEvent): void {
    if (!this.#busy && !this.#closed) {
      this.#handOn(event); // as a rule nothing is queued
      return this.#drain();
    }
    this.#queue.push(event);
    if (this.#queue.length > this.#maxQueued) {
      this.#queue.shift();
      this.#missed += 1;
    }
    this.#drain();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  /** Calls the listener as long as it is idle; an event that it emits itself waits for its return. */
  #drain(): void {
    while (!this.#busy && !this.#closed) {
      const event = this.#next();
      if (event === undefined) return;
      this.#handOn(event);
    }
  }

  #handOn(event: WorkerEvent): void {
    this.#busy = true;
    const pending = this.#call(event);
    if (pending === undefined) {
      this.#busy = false;
      return;
    }
    void pending
      .catch((thrown: unknown) => this.#report(thrown))
      .finally(() => {
        this.#busy = false;
        this.#drain();
      });
  }

  #next(): WorkerEvent | undefined {
    if (this.#missed === 0) return this.#queue.shift();
    const count = this.#missed;
    this.#missed = 0;
    return { is: 'missed', count };
  }

  #call(event: WorkerEvent): Promise<void> | undefined {
    try {
      return this.#listener(event) ?? undefined;
    } catch (thrown) {
      this.#report(thrown);
      return undefined;
    }
  }

  #report(thrown: unknown): void {
    this.#log.warn('listener.failed', { error: errorChain(thrown) });
  }
}
