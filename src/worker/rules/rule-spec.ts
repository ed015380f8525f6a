import type { Offer } from '../../contract/frames/inbound.ts';
import { type Rejection, REJECTIONS } from '../../contract/rejections.ts';
import type { OfferFacts } from './offer-facts.ts';

export type RuleInputs = Readonly<Record<string, string | number | boolean>>;

/** One thing that may stand against an offer. */
export interface RuleSpec {
  readonly name: string;
  /** What the studio receives. */
  readonly rejection: (facts: OfferFacts, offer: Offer) => Rejection;
  /** Whether only a running worker knows. */
  readonly isLive: boolean;
  /** What it is decided on, as people are shown it. */
  readonly inputs: (facts: OfferFacts, offer: Offer) => RuleInputs;
  /** Why the offer is rejected over this alone, for our own log; undefined when it is not. */
  readonly against: (facts: OfferFacts, offer: Offer) => string | undefined;
}

/** What only a running worker knows, and the studio receives as one answer. */
export const BUSY = { isLive: true, rejection: () => REJECTIONS.busy } as const;

/** What the operator decided, which the studio receives as one answer. */
export const PAUSED = { isLive: false, rejection: () => REJECTIONS.paused } as const;
