import { formatDuration, roundToTenths } from '../base/units.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import { type Rejection, REJECTIONS } from '../contract/rejections.ts';
import type { SlotHolder } from '../jobs/scheduler.ts';
import type { MemoryVerdict } from '../models/memory/fit.ts';
import type { UserPresence } from '../system/presence/presence.ts';
import { isKindOn, isModelOn, type OperatorChoice } from './operator-choice.ts';
import { unfitRejection } from './rules/memory-gate.ts';

/*
 * Everything that may stand against an offer, in the order in which it counts. The running worker takes the first rule
 * that rejects; `explain-offer` shows them all. Both read this list, so they cannot disagree.
 */

/** Everything the rules are decided on, read at one moment. */
export interface OfferFacts {
  /** The operator switched claiming off. */
  readonly paused: boolean;
  /** What the operator wants of all that this worker could do. */
  readonly choice: OperatorChoice;
  readonly onlyWhenIdle: boolean;
  /** Undefined while it is not known. */
  readonly userPresence: UserPresence | undefined;
  /** Why the engine may not run on what it would run on; undefined when it may. */
  readonly device: string | undefined;
  readonly memory: MemoryVerdict;
  /** Undefined where no worker runs. */
  readonly live: LiveFacts | undefined;
}

/** What only a running worker knows. */
export interface LiveFacts {
  /** Who holds the slot that the job would need; empty when it is free. */
  readonly holders: readonly SlotHolder[];
  readonly maintenance: boolean;
  /** The worker is on its way out. */
  readonly stopping: boolean;
  /** There is no space for one more result: rejecting an offer beats discarding a result. */
  readonly outboxFull: boolean;
  /** The model crashed its engine repeatedly, and is not offered to it for this long; 0 when it did not. */
  readonly quarantinedMs: number;
  /** Why the model cannot be loaded here; undefined when no load has failed. */
  readonly unloadable: string | undefined;
}

export type RuleInputs = Readonly<Record<string, string | number | boolean>>;

interface RuleSpec {
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

/** Why an offer is rejected: the first rule against it. */
export interface Unfit {
  readonly rule: RuleName;
  readonly rejection: Rejection;
  readonly because: string;
}

/** In the order in which they apply; down to `busy` it is the contract's (admission of offers). */
const ORDERED = [
  {
    name: 'paused',
    rejection: () => REJECTIONS.paused,
    isLive: false,
    inputs: ({ paused }) => ({ auto_enabled: !paused }),
    against: ({ paused }) => (paused ? 'claiming is switched off' : undefined),
  },
  {
    name: 'kinds',
    rejection: () => REJECTIONS.paused,
    isLive: false,
    inputs: ({ choice }, { task: { kind } }) => ({ kind, on: isKindOn(choice, kind) }),
    against: ({ choice }, { task: { kind } }) =>
      isKindOn(choice, kind) ? undefined : `${kind} tasks are switched off in [kinds]`,
  },
  {
    name: 'models',
    rejection: () => REJECTIONS.paused,
    isLive: false,
    inputs: ({ choice }, { model }) => ({ model, supported_models_override: choice.models.join(' ') }),
    against: ({ choice }, { model, modelSource: { engine } }) =>
      isModelOn(choice, model, engine) ? undefined : `supported_models_override does not name ${model}`,
  },
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
    against: ({ onlyWhenIdle, userPresence }) => {
      if (!onlyWhenIdle || userPresence === 'idle') return undefined;
      return userPresence === 'active'
        ? 'only_when_idle is set and this computer is in use'
        : 'only_when_idle is set and user activity is unknown';
    },
  },
  {
    name: 'memory',
    rejection: ({ memory }) => unfitRejection(memory) ?? REJECTIONS.busy,
    isLive: false,
    inputs: ({ memory }, { vramGbEstimate }) => memoryInputs(memory, vramGbEstimate),
    against: ({ memory }) => unfitRejection(memory)?.reason,
  },
  {
    name: 'busy',
    rejection: () => REJECTIONS.busy,
    isLive: true,
    inputs: ({ live }) => ({ held_by: (live?.holders ?? []).map(({ purpose }) => purpose).join(' ') }),
    against: ({ live }) => {
      const [holder] = live?.holders ?? [];
      return holder === undefined ? undefined : `already running ${holder.purpose}`;
    },
  },
  {
    name: 'stopping',
    rejection: () => REJECTIONS.busy,
    isLive: true,
    inputs: ({ live }) => ({ stopping: live?.stopping === true }),
    against: ({ live }) => (live?.stopping === true ? 'the worker is stopping' : undefined),
  },
  {
    name: 'outbox',
    rejection: () => REJECTIONS.busy,
    isLive: true,
    inputs: ({ live }) => ({ full: live?.outboxFull === true }),
    against: ({ live }) =>
      live?.outboxFull === true ? 'the outbox is full of results that the studio does not have yet' : undefined,
  },
  {
    name: 'quarantine',
    rejection: () => REJECTIONS.busy,
    isLive: true,
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
    against: ({ device }) => device,
  },
  {
    name: 'unloadable',
    rejection: () => REJECTIONS.busy,
    isLive: true,
    inputs: (_facts, { model }) => ({ model }),
    against: ({ live }) => live?.unloadable,
  },
] as const satisfies readonly RuleSpec[];

export type RuleName = (typeof ORDERED)[number]['name'];

export interface Rule extends RuleSpec {
  readonly name: RuleName;
}

export const RULES: readonly Rule[] = ORDERED;

/** The first rule against an offer; undefined for one that is taken. */
export function unfit(offer: Offer, facts: OfferFacts): Unfit | undefined {
  for (const { name: rule, rejection, against } of RULES) {
    const because = against(facts, offer);
    if (because !== undefined) return { rule, rejection: rejection(facts, offer), because };
  }
  return undefined;
}

function memoryInputs(verdict: MemoryVerdict, estimateGb: number): RuleInputs {
  if (verdict.is === 'unknown') return { estimateGb };
  const { needGb, needFrom, freeGb, totalGb, marginGb, gpu } = verdict;
  return {
    needGb: roundToTenths(needGb),
    needFrom,
    freeGb: roundToTenths(freeGb),
    totalGb: roundToTenths(totalGb),
    marginGb,
    gpu,
  };
}
