import type { Offer } from '../../contract/frames/inbound.ts';
import type { Quarantine } from '../../engines/host/quarantine.ts';
import type { SlotPreference } from '../../jobs/slots/job-slot.ts';
import { refused, type SlotHolder, type SlotRefusal } from '../../jobs/slots/lease.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { Catalogue } from '../../models/catalogue/catalogue.ts';
import type { MemoryVerdict } from '../../models/memory/fit.ts';
import type { CpuRule } from './cpu-rule.ts';
import type { OutboxSpace } from '../../studio/delivery/outbox.ts';
import type { UserPresence } from '../../system/presence/presence.ts';
import type { OperatorChoice } from '../operator-choice.ts';
import type { Condition } from '../conditions/condition.ts';
import type { PauseSwitch } from '../control/pause-switch.ts';
import type { LoadFailures } from './load-failures.ts';

/** Everything the rules are decided on, read at one moment. */
export interface OfferFacts {
  /** Claiming is off, as the operator set it. */
  readonly claimingOff: boolean;
  /** What the operator wants of all that this worker could do. */
  readonly choice: OperatorChoice;
  /** In the catalogue of this machine, for studio jobs as for its own. */
  readonly isTurnedOff: boolean;
  /** What else the operator ties jobs to, as far as it is set. */
  readonly conditions: readonly Condition[];
  readonly onlyWhenIdle: boolean;
  /** The largest estimate that the operator allows, in GiB. */
  readonly thresholdGb: number;
  /** Undefined while it is not known. */
  readonly userPresence: UserPresence | undefined;
  /** Why the engine may not run on the CPU, which it would run on; undefined when it may, or has a GPU. */
  readonly cpuRefusal: string | undefined;
  readonly memory: MemoryVerdict;
  /** Undefined where no worker runs. */
  readonly live: LiveFacts | undefined;
}

/** What only a running worker knows. */
export interface LiveFacts {
  /** By the operator, until they resume. */
  readonly paused: boolean;
  /** Who holds what the job would need, or runs this very job; empty when it can have a slot. */
  readonly holders: readonly SlotHolder[];
  readonly maintenance: boolean;
  /** The worker is on its way out. */
  readonly stopping: boolean;
  /** Where there is no space for one more result, or none is known of: rejecting an offer beats discarding a result. */
  readonly outboxSpace: OutboxSpace;
  /** The model crashed its engine repeatedly, and is not offered to it for this long; 0 when it did not. */
  readonly quarantinedMs: number;
  /** Why the model cannot be loaded here; undefined when no load has failed. */
  readonly loadFailure: string | undefined;
}

export interface OfferFactsDeps {
  readonly claimingOff: () => boolean;
  readonly pauseSwitch: Pick<PauseSwitch, 'paused'>;
  readonly choice: () => OperatorChoice;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly conditions: () => readonly Condition[];
  readonly onlyWhenIdle: () => boolean;
  readonly thresholdGb: () => number;
  /** As sampled last; undefined while it is not known. */
  readonly userPresence: () => UserPresence | undefined;
  readonly scheduler: Pick<Scheduler, 'held' | 'refusal'>;
  readonly isStopping: () => boolean;
  readonly outboxSpace: () => OutboxSpace;
  readonly quarantine: Pick<Quarantine, 'remainingMs'>;
  readonly cpuRule: Pick<CpuRule, 'refusal'>;
  readonly loadFailures: Pick<LoadFailures, 'refusal'>;
  readonly wishFor: (offer: Offer) => SlotPreference;
  readonly memory: { readonly verdict: (offer: Offer) => MemoryVerdict };
}

/** Reads, at one moment, all that counts for an offer to a running worker. */
export interface OfferFactsReader {
  /** `heldSlot`: a slot is held for this very offer, so that nothing else is in its way. */
  factsFor(offer: Offer, options?: { readonly heldSlot: boolean }): OfferFacts;
  /** Which slot a job of this offer is to have. */
  wishFor(offer: Offer): SlotPreference;
}

export function createOfferFacts(deps: OfferFactsDeps): OfferFactsReader {
  return {
    wishFor: (offer) => deps.wishFor(offer),
    factsFor(offer, { heldSlot } = { heldSlot: false }) {
      const { engine } = offer.modelSource;
      const refusal = heldSlot ? undefined : refusalFor(offer, deps.wishFor(offer), deps.scheduler);
      return {
        claimingOff: deps.claimingOff(),
        choice: deps.choice(),
        isTurnedOff: deps.catalogue.find(offer.model)?.enabled === false,
        conditions: deps.conditions(),
        onlyWhenIdle: deps.onlyWhenIdle(),
        thresholdGb: deps.thresholdGb(),
        userPresence: deps.userPresence(),
        cpuRefusal: deps.cpuRule.refusal(engine),
        memory: deps.memory.verdict(offer),
        live: {
          paused: deps.pauseSwitch.paused,
          holders: refusal?.holders ?? [],
          maintenance: refusal?.because === 'maintenance',
          stopping: deps.isStopping(),
          outboxSpace: deps.outboxSpace(),
          quarantinedMs: deps.quarantine.remainingMs(engine, offer.model),
          loadFailure: deps.loadFailures.refusal(engine, offer.model),
        },
      };
    },
  };
}

/**
 * Why an offer cannot have a slot now. A studio may offer what this worker runs already, such as a job that it gave up for
 * lost: nothing is done twice at once.
 */
export function refusalFor(
  { jobId }: Offer,
  wish: SlotPreference,
  scheduler: OfferFactsDeps['scheduler'],
): SlotRefusal | undefined {
  const refusal = scheduler.refusal({ origin: 'studio', wish });
  if (refusal?.because === 'maintenance') return refusal;
  const same = scheduler.held.filter(({ purpose }) => purpose === jobId);
  return same.length > 0 ? refused('busy', same) : refusal;
}

/** How many slots that the job could have will be free in a moment: the results of their jobs are being delivered. */
export const slotsFreeSoon = ({ jobId }: Offer, { live }: OfferFacts): number =>
  live?.maintenance === false
    ? live.holders.filter(({ phase, purpose }) => phase === 'delivering' && purpose !== jobId).length
    : 0;
