import type { OperatorChoice } from '../../src/worker/operator-choice.ts';
import type { LiveFacts, OfferFacts } from '../../src/worker/rules/offer-facts.ts';

/** An operator takes everything that the machine can do. */
export const EVERYTHING: OperatorChoice = { kinds: {}, models: [] };

/** Facts that nothing stands against. */
export const FIT: OfferFacts & { readonly live: LiveFacts } = {
  claimingOff: false,
  choice: EVERYTHING,
  isTurnedOff: false,
  conditions: [],
  onlyWhenIdle: false,
  thresholdGb: 12,
  userPresence: undefined,
  cpuRefusal: undefined,
  memory: { is: 'unknown', because: 'no GPU reports its memory' },
  live: {
    paused: false,
    holders: [],
    maintenance: false,
    stopping: false,
    outboxSpace: 'free',
    quarantinedMs: 0,
    loadFailure: undefined,
  },
};

/** Of a GPU that an offer does not fit on. */
export const NUMBERS = {
  needGb: 30,
  needFrom: 'estimate',
  freeGb: 20.04,
  totalGb: 24,
  marginGb: 1,
  gpu: 'RTX 4090',
} as const;
