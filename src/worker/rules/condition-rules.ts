import type { Offer } from '../../contract/frames/inbound.ts';
import type { ConditionName } from '../conditions/condition.ts';
import type { OfferFacts } from './offer-facts.ts';
import { PAUSED } from './rule-spec.ts';

/** What the operator ties jobs to beside the person at the machine: no job is taken while one of them is not met. */
const ruleOf = <const Name extends ConditionName>(name: Name) =>
  ({
    name,
    ...PAUSED,
    inputs: ({ conditions }: OfferFacts) => {
      const found = conditions.find(({ what }) => what === name);
      return { set: found !== undefined, now: found?.because ?? '' };
    },
    against: ({ conditions }: OfferFacts, _offer: Offer): string | undefined =>
      conditions.find(({ what, isMet }) => what === name && !isMet)?.because,
  }) as const;

/** In the order in which they are told. */
export const CONDITION_RULES = [
  ruleOf('schedule'),
  ruleOf('battery'),
  ruleOf('programs'),
  ruleOf('full-screen'),
] as const;
