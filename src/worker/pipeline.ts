import { WorkerError } from '../base/errors.ts';
import type { JobId } from '../base/ids.ts';
import type { Feature, HeartbeatAck, Offer } from '../contract/frames/inbound.ts';
import { accept, reject } from '../contract/frames/outbound.ts';
import { type ResultSink, toJob } from '../jobs/job.ts';
import type { Lease, LeaseRequest } from '../jobs/slots/lease.ts';
import type { Scheduler } from '../jobs/scheduler.ts';
import type { Logger } from '../log/logger.ts';
import type { JobExecutor } from './job-executor.ts';
import { claimLost, type Claims } from './claims.ts';
import type { WorkerEvents } from './events.ts';
import { unfit, type Unfit } from './fitness.ts';
import { reportOffer } from './reports/offer-report.ts';
import { type OfferFacts, type OfferFactsReader, slotsFreeSoon } from './rules/offer-facts.ts';

/*
 * An offer's way to its job. What can happen to it, in order:
 *   a rule of `fitness` is against it       → reject, with the first one
 *   a slot's last job is being delivered    → wait a moment for the slot, then decide
 *   the accept cannot be sent               → nothing was promised, the slot is free again
 *   accepted                                → carried out, and its outcome goes to the job's sink
 *   the studio gave the job to another      → cancelled; its outcome is discarded
 */

export interface PipelineDeps {
  readonly scheduler: Pick<Scheduler, 'held' | 'reserve' | 'reconsider' | 'waitFor' | 'cancel'>;
  readonly claims: Pick<Claims, 'send'>;
  readonly offerFacts: OfferFactsReader;
  readonly jobs: Pick<JobExecutor, 'execute'>;
  /** Where the outcomes of the studio's jobs go. */
  readonly sink: ResultSink;
  /** Whether the latest welcome offered this. */
  readonly studioOffers: (feature: Feature) => boolean;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly log: Logger;
}

export interface Pipeline {
  onOffer(offer: Offer): void;
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** The socket is gone, and with it the questions that waiting offers were. */
  onLost(): void;
}

/** An offer on its way to its answer. */
interface Question {
  readonly offer: Offer;
  readonly request: LeaseRequest;
  readonly report: () => void;
}

/**
 * How long an offer may wait while the previous job's delivery is finishing. A studio offers the next job from its own
 * handling of an upload, and that offer may overtake the upload's answer, which travels on another socket.
 */
const DELIVERY_TAIL_MS = 250;

export const createPipeline = (deps: PipelineDeps): Pipeline => new OfferPipeline(deps);

class OfferPipeline implements Pipeline {
  readonly #deps: PipelineDeps;
  /** Takes back the wait of an offer that is not answered yet. */
  readonly #waits = new Map<JobId, () => void>();

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  onOffer(offer: Offer): void {
    this.#deps.scheduler.reconsider(); // who waits for a slot may choose otherwise by now, and comes before an offer
    const request = { origin: 'studio', purpose: offer.jobId, wish: this.#deps.offerFacts.wishFor(offer) } as const;
    const question: Question = { offer, request, report: reportOffer(offer, this.#deps) };
    const facts = this.#deps.offerFacts.factsFor(offer);
    if (this.#waits.has(offer.jobId) || slotsFreeSoon(offer, facts) <= this.#waits.size) {
      return this.#decide(question, facts);
    }
    question.report();
    this.#waitForSlot(question);
  }

  onHeartbeatAck({ claim }: HeartbeatAck): void {
    const { scheduler } = this.#deps;
    if (claim === undefined || claim.held) return;
    const lease = scheduler.held.find(({ origin, purpose }) => origin === 'studio' && purpose === claim.jobId);
    if (lease?.phase === 'running') scheduler.cancel(claim.jobId, claimLost(claim));
  }

  onLost(): void {
    for (const takeBack of this.#waits.values()) takeBack();
    this.#waits.clear();
  }

  #waitForSlot(question: Question): void {
    const { offer } = question;
    const takeBack = this.#deps.scheduler.waitFor(question.request, {
      maxWaitMs: DELIVERY_TAIL_MS,
      onAnswer: (answer) => {
        this.#waits.delete(offer.jobId);
        if (answer.is === 'leased') return this.#decideWith(answer, question);
        this.#deps.scheduler.reconsider();
        this.#decide(question, this.#deps.offerFacts.factsFor(offer));
      },
    });
    this.#waits.set(offer.jobId, takeBack);
  }

  /** A slot came free for this offer, which may be unfit by now. */
  #decideWith(lease: Lease, question: Question): void {
    const facts = this.#deps.offerFacts.factsFor(question.offer, { heldSlot: true });
    const against = unfit(question.offer, facts);
    if (against === undefined) return this.#take(question, lease);
    lease[Symbol.dispose]();
    this.#reject(question, against, facts);
  }

  /** Nothing is awaited between deciding and holding the slot, so two offers cannot both pass. */
  #decide(question: Question, facts: OfferFacts): void {
    const { offer } = question;
    const against = unfit(offer, facts);
    if (against !== undefined) return this.#reject(question, against, facts);
    const lease = this.#deps.scheduler.reserve(question.request);
    if (lease.is === 'refused') throw new WorkerError('internal', `no slot for ${offer.jobId}, which no rule rejects`);
    this.#take(question, lease);
  }

  /** The studio waits for the answer and nobody for the log line, so the accept goes out first. */
  #take({ offer, report }: Question, lease: Lease): void {
    const promised = this.#deps.claims.send(accept(offer.jobId));
    report();
    if (!promised) {
      lease[Symbol.dispose](); // no live socket: nothing was promised
      this.#deps.log.error('accept.not-sent', { jobId: offer.jobId, error: 'no live session' });
      return;
    }
    void this.#deps.jobs.execute(toJob(offer, this.#deps.sink), lease);
  }

  #reject({ offer, report }: Question, { rule, rejection, because }: Unfit, { userPresence }: OfferFacts): void {
    const { log, events, claims, studioOffers } = this.#deps;
    const { jobId } = offer;
    report();
    const level = rule === 'memory' ? 'warn' : 'info'; // as the contract has it
    log[level]('offer.rejected', { jobId, rule, because, presence: userPresence ?? 'unknown' });
    events.emit({ is: 'rejected', jobId, rule, because });
    if (!claims.send(reject(jobId, rejection, studioOffers('rejectDetail') ? because : undefined)))
      log.warn('reject.not-sent', { jobId });
  }
}
