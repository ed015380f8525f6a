import { WorkerError } from '../base/errors.ts';
import type { HeartbeatAck, Offer } from '../contract/frames/inbound.ts';
import { accept, reject } from '../contract/frames/outbound.ts';
import { promptOf, promptPreview } from '../contract/tasks/index.ts';
import { admit, type Admission, type AdmissionSnapshot, REJECTIONS } from '../jobs/admit.ts';
import type { JobHistory } from '../jobs/history.ts';
import { type Job, type JobOutcome, toJob } from '../jobs/job.ts';
import type { HeldSlot, Slot } from '../jobs/slot.ts';
import type { Logger } from '../log/logger.ts';
import type { Delivery } from '../studio/delivery/delivery.ts';
import type { Clock } from '../system/clock.ts';
import type { Claims } from './claims.ts';

/*
 * An offer's way to its delivery. What can happen to it, in order:
 *   paused, in use, busy, stopping, outbox full   → reject
 *   the slot's last job is just being delivered   → wait a moment for the slot, then decide
 *   the accept cannot be sent                     → nothing was promised, the slot is free again
 *   the engine succeeds, fails, or is cancelled   → an outcome, which delivery gets to the studio
 *   the studio gave the job to someone else       → the outcome is nobody's business any more
 */

export interface PipelineDeps {
  readonly slot: Slot;
  readonly claims: Claims;
  readonly delivery: Pick<Delivery, 'deliver'>;
  readonly history: JobHistory;
  /** Runs a job; never throws. */
  readonly run: (job: Job, log: Logger, signal: AbortSignal) => Promise<JobOutcome>;
  /** Everything admission looks at, except the slot. */
  readonly snapshot: (offer: Offer) => Omit<AdmissionSnapshot, 'busy'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onStarted?: (job: Job) => void;
  readonly onFinished?: (outcome: JobOutcome) => void;
}

export interface Pipeline {
  onOffer(offer: Offer): void;
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** The socket is gone: an offer that waited for the slot is nobody's question any more. */
  onLost(): void;
  /** The job in the slot, or undefined. */
  readonly current: { readonly job: Job; readonly startedAt: number } | undefined;
}

/**
 * How long an offer may wait while the previous job's delivery is finishing. A studio offers the next job from its own
 * handling of an upload, and that offer may overtake the upload's answer, which travels on another connection.
 */
const DELIVERY_TAIL_MS = 250;

/** The way of an offer through this worker; one job at a time. */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const { slot, claims, delivery, history, clock, log } = deps;
  let current: { readonly job: Job; readonly startedAt: number } | undefined;
  let stopWaiting: (() => void) | undefined;

  const sayReceived = (offer: Offer): void => log.info('offer.received', describeOffer(offer));

  function onOffer(offer: Offer): void {
    if (slot.held?.phase !== 'delivering' || stopWaiting !== undefined) return decide(offer, sayReceived);
    sayReceived(offer);
    waitForSlot(offer);
  }

  /** The studio waits for the answer and nobody for the log line, so an accept goes out before `say` is called. */
  function decide(offer: Offer, say: (offer: Offer) => void = () => {}): void {
    const decision = admit({ ...deps.snapshot(offer), busy: slot.held !== undefined });
    if (decision.is === 'rejected') {
      say(offer);
      return turnDown(offer, decision);
    }

    const held = slot.hold(offer.jobId);
    const promised = claims.send(accept(offer.jobId));
    say(offer);
    if (!promised) {
      held[Symbol.dispose](); // no live socket: nothing was promised
      log.error('accept.not-sent', { jobId: offer.jobId, error: 'no live session' });
      return;
    }
    void carryOut(toJob(offer), held);
  }

  /** Never throws: running and delivering turn every failure into an outcome or a report. */
  async function carryOut(job: Job, mine: HeldSlot): Promise<void> {
    using held = mine;
    const jobLog = log.child({ jobId: job.id });
    current = { job, startedAt: clock.now() };
    try {
      deps.onStarted?.(job);
      const outcome = await deps.run(job, jobLog, held.signal);
      held.phase = 'delivering';
      history.add(outcome);
      if (outcome.is === 'cancelled' && outcome.error.code === 'job.claim-lost') return;
      await delivery.deliver(outcome);
      deps.onFinished?.(outcome);
    } finally {
      claims.release(job.id);
      current = undefined;
    }
  }

  function waitForSlot(offer: Offer): void {
    const go = (): void => {
      stopWaiting?.();
      decide(offer);
    };
    const disarm = clock.after(DELIVERY_TAIL_MS, go);
    const forget = slot.whenFree(go);
    stopWaiting = () => {
      stopWaiting = undefined;
      disarm();
      forget();
    };
  }

  function turnDown(offer: Offer, { because, why }: Extract<Admission, { is: 'rejected' }>): void {
    const reason = because === REJECTIONS.inUse ? 'in-use' : because.code;
    log.info('offer.rejected', {
      jobId: offer.jobId,
      because: why ?? reason,
      presence: deps.snapshot(offer).userPresence ?? 'unknown',
    });
    if (!claims.send(reject(offer.jobId, because))) log.warn('reject.not-sent', { jobId: offer.jobId });
  }

  return {
    onOffer,
    onHeartbeatAck({ claim }) {
      const running = slot.held;
      if (claim === undefined || claim.held || running?.jobId !== claim.jobId || running.phase !== 'running') return;
      slot.cancel(new WorkerError('job.claim-lost', 'the studio gave this job to another worker'));
    },
    onLost: () => stopWaiting?.(),
    get current() {
      return current;
    },
  };
}

const describeOffer = (offer: Offer): Record<string, unknown> => ({
  jobId: offer.jobId,
  gameId: offer.gameId,
  assetName: offer.assetName,
  model: offer.model,
  kind: offer.task.kind,
  vramGbEstimate: offer.vramGbEstimate,
  promptPreview: promptPreview(promptOf(offer.task)),
});
