import { isKindOn, isModelOn } from '../operator-choice.ts';
import { PAUSED, type RuleSpec } from './rule-spec.ts';

/** What the operator wants of all that this worker could do: whether it works at all, and on which kinds and models. */
export const CHOICE_RULES = [
  {
    name: 'claiming',
    ...PAUSED,
    inputs: ({ claimingOff }) => ({ auto_enabled: !claimingOff }),
    against: ({ claimingOff }) => (claimingOff ? 'claiming is off' : undefined),
  },
  {
    name: 'paused',
    ...PAUSED,
    isLive: true,
    inputs: ({ live }) => ({ paused: live?.paused === true }),
    against: ({ live }) => (live?.paused === true ? 'the operator paused the worker' : undefined),
  },
  {
    name: 'kinds',
    ...PAUSED,
    inputs: ({ choice }, { task: { kind } }) => ({ kind, on: isKindOn(choice, kind) }),
    against: ({ choice }, { task: { kind } }) =>
      isKindOn(choice, kind) ? undefined : `${kind} tasks are off in [kinds]`,
  },
  {
    name: 'models',
    ...PAUSED,
    inputs: ({ choice }, { model }) => ({ model, supported_models_override: choice.models.join(' ') }),
    against: ({ choice }, { model, modelSource: { engine } }) =>
      isModelOn(choice, model, engine) ? undefined : `supported_models_override does not name ${model}`,
  },
  {
    name: 'turned-off',
    ...PAUSED,
    inputs: ({ isTurnedOff }, { model }) => ({ model, turnedOff: isTurnedOff }),
    against: ({ isTurnedOff }, { model }) =>
      isTurnedOff ? `${model} is turned off in the catalogue of this machine` : undefined,
  },
] as const satisfies readonly RuleSpec[];
