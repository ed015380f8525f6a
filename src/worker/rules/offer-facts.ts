import type { Offer } from '../../contract/frames/inbound.ts';
import type { Quarantine } from '../../engines/host/quarantine.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { MemoryVerdict } from '../../models/memory/fit.ts';
import type { CpuRule } from './cpu-rule.ts';
import type { UserPresence } from '../../system/presence/presence.ts';
import type { OfferFacts } from '../fitness.ts';
import type { OperatorChoice } from '../operator-choice.ts';
import type { LoadFailures } from './load-failures.ts';

export interface OfferFactsDeps {
  readonly paused: () => boolean;
  readonly choice: () => OperatorChoice;
  readonly onlyWhenIdle: () => boolean;
  /** As sampled last; undefined while it is not known. */
  readonly userPresence: () => UserPresence | undefined;
  readonly scheduler: Pick<Scheduler, 'refusal'>;
  readonly isStopping: () => boolean;
  readonly isOutboxFull: () => boolean;
  readonly quarantine: Pick<Quarantine, 'remainingMs'>;
  readonly cpuRule: Pick<CpuRule, 'refusal'>;
  readonly loadFailures: Pick<LoadFailures, 'refusal'>;
  readonly memory: { readonly verdict: (offer: Offer) => MemoryVerdict };
}

/** Reads, at one moment, all that counts for an offer to a running worker. */
export interface OfferFactsReader {
  /** `heldSlot`: a slot is held for this very offer, so that nothing else is in its way. */
  factsFor(offer: Offer, options?: { readonly heldSlot: boolean }): OfferFacts;
}

export function createOfferFacts(deps: OfferFactsDeps): OfferFactsReader {
  return {
    factsFor(offer, { heldSlot } = { heldSlot: false }) {
      const { engine } = offer.modelSource;
      const refusal = heldSlot ? undefined : deps.scheduler.refusal('studio');
      return {
        paused: deps.paused(),
        choice: deps.choice(),
        onlyWhenIdle: deps.onlyWhenIdle(),
        userPresence: deps.userPresence(),
        device: deps.cpuRule.refusal(engine),
        memory: deps.memory.verdict(offer),
        live: {
          holders: refusal?.holders ?? [],
          maintenance: refusal?.because === 'maintenance',
          stopping: deps.isStopping(),
          outboxFull: deps.isOutboxFull(),
          quarantinedMs: deps.quarantine.remainingMs(engine, offer.model),
          unloadable: deps.loadFailures.refusal(engine, offer.model),
        },
      };
    },
  };
}
