import { formatDuration } from '../base/units.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import { type Rejection, REJECTIONS } from '../contract/rejections.ts';
import { CHOICE_RULES } from './rules/choice-rules.ts';
import { CONDITION_RULES } from './rules/condition-rules.ts';
import { memoryInputs, unfitRejection } from './rules/memory-verdict.ts';
import type { OfferFacts } from './rules/offer-facts.ts';
import { THRESHOLD_RULE, whyNotIdle } from './rules/operator-limits.ts';
import { BUSY, type RuleSpec } from './rules/rule-spec.ts';

/*
 * Everything that may stand against an offer, in the order in which it counts. The running worker takes the first rule
 * that rejects; `explain-offer` shows them all. Both read this list, so they cannot disagree.
 */

/** Why an offer is rejected: the first rule against it. */
export interface Unfit {
  readonly rule: RuleName;
  readonly rejection: Rejection;
  readonly because: string;
}

/** In the order in which they apply; down to `busy` it is the contract's (admission of offers). */
const ORDERED = [
  ...CHOICE_RULES,
  ...CONDITION_RULES,
  {
    name: 'updating',
    rejection: () => REJECTIONS.updating,
    isLive: true,
    inputs: ({ live }) => ({ waiting: live?.maintenance === true }),
    against: ({ live }) => (live?.maintenance === true ? 'an update is waiting to install' : undefined),
  },
  {
    name: 'idle',
    rejection: ({ userPresence }) => (userPresence === 'active' ? REJECTIONS.inUse : REJECTIONS.presenceUnknown),
    isLive: false,
    inputs: ({ onlyWhenIdle, userPresence }) => ({ only_when_idle: onlyWhenIdle, presence: userPresence ?? 'unknown' }),
    against: whyNotIdle,
  },
  {
    name: 'memory',
    rejection: ({ memory }) => unfitRejection(memory) ?? REJECTIONS.busy,
    isLive: false,
    inputs: ({ memory }, { vramGbEstimate }) => memoryInputs(memory, vramGbEstimate),
    against: ({ memory }) => unfitRejection(memory)?.reason,
  },
  THRESHOLD_RULE,
  {
    name: 'busy',
    ...BUSY,
    inputs: ({ live }) => ({ held_by: (live?.holders ?? []).map(({ purpose }) => purpose).join(' ') }),
    against: ({ live }) => {
      const holders = live?.holders ?? [];
      return holders.length === 0 ? undefined : `already running ${holders.map(({ purpose }) => purpose).join(', ')}`;
    },
  },
  {
    name: 'stopping',
    ...BUSY,
    inputs: ({ live }) => ({ stopping: live?.stopping === true }),
    against: ({ live }) => (live?.stopping === true ? 'the worker is stopping' : undefined),
  },
  {
    name: 'outbox',
    ...BUSY,
    inputs: ({ live }) => ({ space: live?.outboxSpace ?? 'free' }),
    against: ({ live }) => {
      if (live?.outboxSpace === 'full') return 'the outbox is full of results that the studio does not have yet';
      return live?.outboxSpace === 'unread' ? 'the results of earlier runs are being read' : undefined;
    },
  },
  {
    name: 'quarantine',
    ...BUSY,
    inputs: ({ live }, { model }) => ({ model, quarantined: (live?.quarantinedMs ?? 0) > 0 }),
    against: ({ live }, { model, modelSource: { engine } }) => {
      const leftMs = live?.quarantinedMs ?? 0;
      if (leftMs === 0) return undefined;
      return `${model} crashed the ${engine} engine repeatedly; its offers are rejected for ${formatDuration(leftMs)}`;
    },
  },
  {
    name: 'device',
    rejection: () => REJECTIONS.busy,
    isLive: false,
    inputs: (_facts, { modelSource: { engine } }) => ({ engine }),
    against: ({ cpuRefusal }) => cpuRefusal,
  },
  {
    name: 'load-failed',
    ...BUSY,
    inputs: (_facts, { model }) => ({ model }),
    against: ({ live }) => live?.loadFailure,
  },
] as const satisfies readonly RuleSpec[];

export type RuleName = (typeof ORDERED)[number]['name'];

export type Rule = RuleSpec & { readonly name: RuleName };

export const RULES: readonly Rule[] = ORDERED;

/** The first rule against an offer, of all or of those named; undefined for one that is taken. */
export function unfit(offer: Offer, facts: OfferFacts, among?: ReadonlySet<RuleName>): Unfit | undefined {
  for (const { name: rule, rejection, against } of RULES) {
    if (among?.has(rule) === false) continue;
    const because = against(facts, offer);
    if (because !== undefined) return { rule, rejection: rejection(facts, offer), because };
  }
  return undefined;
}
