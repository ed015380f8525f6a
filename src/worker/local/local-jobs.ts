import { WorkerError } from '../../base/errors.ts';
import { type JobId, toJobId } from '../../base/ids.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import { promptOf } from '../../contract/tasks/index.ts';
import type { OnDelta } from '../../engines/deltas.ts';
import type { Job, JobOutcome, ResultSink } from '../../jobs/job.ts';
import type { Lease, SlotRefusal } from '../../jobs/slots/lease.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { JobExecutor } from '../job-executor.ts';
import { type RuleName, unfit } from '../fitness.ts';
import type { OfferFactsReader } from '../rules/offer-facts.ts';

/*
 * Jobs that somebody on this machine asks for and waits for.
 *
 *   run ──a rule is against it──▶ local.unfit
 *    │
 *    └─▶ waits for a slot ──too many wait, or too long──▶ local.busy
 *              │ leased
 *              └─▶ carried out like a job of the studio ──▶ its outcome is the answer
 *
 * Whoever asked may go away at any moment: the job then gives its slot back, or its place among those that wait.
 */

/** What is asked for: a task on a model, without an offer around it. */
export type LocalRequest = Pick<Job, 'model' | 'task' | 'source' | 'vramGbEstimate'>;

/** Who waits for it. */
export interface Requester {
  /** Aborts when nobody waits for the answer. */
  readonly signal: AbortSignal;
  /** Follows the result while it is made. */
  readonly onDelta?: OnDelta;
  /** Its id in history and log, as soon as it has one. */
  readonly onStart?: (jobId: JobId) => void;
}

/** A result, and how it came about. */
export type LocalResult = Extract<JobOutcome, { readonly is: 'completed' }>;

export interface LocalJobs {
  /**
   * Runs a task of this machine in its turn.
   *
   * @throws WorkerError `local.busy` | `local.unfit` | `job.cancelled` | what the job failed with
   */
  run(request: LocalRequest, requester: Requester): Promise<LocalResult>;
  /** How many wait for a slot. */
  readonly waiting: number;
}

export interface LocalJobsDeps {
  readonly scheduler: Pick<Scheduler, 'waitFor' | 'cancel'>;
  readonly offerFacts: OfferFactsReader;
  readonly jobs: Pick<JobExecutor, 'execute'>;
  readonly newId: () => string;
}

/** More of them would wait longer than a person does. */
const MAX_WAITING = 16;
/** As long as a long image job takes; whoever has less patience goes away by themselves. */
const MAX_WAIT_MS = 10 * MINUTE_MS;

/** What may stand against a task that the operator wants done now; the rest is about work for others. */
const RULES_THAT_COUNT: ReadonlySet<RuleName> = new Set(['stopping', 'quarantine', 'device', 'memory', 'load-failed']);

/** What an offer says of the studio's own book-keeping, which no rule reads. */
const OF_THIS_MACHINE = { gameId: 'local', assetName: 'local' } as const;

export const createLocalJobs = (deps: LocalJobsDeps): LocalJobs => new SlottedJobs(deps);

class SlottedJobs implements LocalJobs {
  readonly #deps: LocalJobsDeps;
  #waiting = 0;

  constructor(deps: LocalJobsDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting;
  }

  async run(request: LocalRequest, requester: Requester): Promise<LocalResult> {
    const { signal } = requester;
    if (signal.aborted) throw cancelled();
    const jobId = toJobId(`local-${this.#deps.newId()}`);
    const offer = asOffer(jobId, request);
    this.#assertFit(offer);
    const lease = await this.#leaseFor(offer, signal);
    const onAbort = (): void => void this.#deps.scheduler.cancel(jobId, cancelled());
    try {
      this.#assertFit(offer); // as it is by now
      requester.onStart?.(jobId);
    } catch (thrown) {
      lease[Symbol.dispose]();
      throw thrown;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const { outcome, sink } = awaitedSink(signal);
      void this.#deps.jobs.execute(toLocalJob(jobId, request, { sink, requester }), lease);
      return completed(await outcome);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #leaseFor(offer: Offer, signal: AbortSignal): Promise<Lease> {
    if (this.#waiting >= MAX_WAITING) {
      throw new WorkerError('local.busy', `${this.#waiting} requests wait for this worker already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const takeBack = this.#deps.scheduler.waitFor(
      { origin: 'local', purpose: offer.jobId, wish: this.#deps.offerFacts.wishFor(offer) },
      {
        maxWaitMs: MAX_WAIT_MS,
        onAnswer(answer) {
          if (answer.is === 'refused') reject(new WorkerError('local.busy', whoHolds(answer)));
          else if (signal.aborted) answer[Symbol.dispose]();
          else resolve(answer);
        },
      },
    );
    const onAbort = (): void => {
      takeBack();
      reject(cancelled());
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting += 1;
    try {
      return await promise;
    } finally {
      this.#waiting -= 1;
      signal.removeEventListener('abort', onAbort);
    }
  }

  #assertFit(offer: Offer): void {
    const against = unfit(offer, this.#deps.offerFacts.factsFor(offer, { heldSlot: true }), RULES_THAT_COUNT);
    if (against === undefined) return;
    throw new WorkerError('local.unfit', against.because, { fields: { rule: against.rule } });
  }
}

const asOffer = (jobId: JobId, { model, task, source, vramGbEstimate }: LocalRequest): Offer => ({
  ...OF_THIS_MACHINE,
  jobId,
  model,
  task,
  modelSource: source,
  vramGbEstimate,
});

const cancelled = (): WorkerError => new WorkerError('job.cancelled', 'whoever asked for it went away');

const whoHolds = ({ because, holders }: SlotRefusal): string => {
  if (because === 'maintenance') return 'this worker is installing an update';
  if (holders.length === 0) return 'jobs of the studio come first (local_priority)';
  return `this worker is busy with ${holders.map(({ purpose }) => purpose).join(', ')}`;
};

/** Hands the outcome to the caller. A result whose caller has gone is discarded. */
function awaitedSink(signal: AbortSignal): { readonly outcome: Promise<JobOutcome>; readonly sink: ResultSink } {
  const { promise, resolve } = Promise.withResolvers<JobOutcome>();
  return {
    outcome: promise,
    sink: {
      deliver(outcome) {
        resolve(outcome);
        if (outcome.is !== 'completed') return Promise.resolve({ is: 'reported' });
        if (!signal.aborted) return Promise.resolve({ is: 'delivered' });
        return Promise.resolve({ is: 'discarded', because: 'whoever asked for it went away' });
      },
    },
  };
}

function completed(outcome: JobOutcome): LocalResult {
  if (outcome.is === 'completed') return outcome;
  throw outcome.error;
}

const toLocalJob = (
  id: JobId,
  { model, task, source, vramGbEstimate }: LocalRequest,
  { sink, requester: { onDelta } }: { readonly sink: ResultSink; readonly requester: Requester },
): Job => ({
  id,
  origin: 'local',
  model,
  task,
  source,
  vramGbEstimate,
  prompt: promptOf(task),
  sink,
  ...(onDelta === undefined ? {} : { onDelta }),
});
