/**
 * The updater, as a pure machine: no clock, no network, no log. It imports nothing.
 *
 *   idle ──due──▶ checking ──found──▶ downloading ──staged──▶ draining ──leased──▶ trial ──passed──▶ swapping ──▶ swapped
 *    ▲                │ nothing, failed     │ failed              │ limit            │ died           │ failed
 *    ├────────────────┴─────────────────────┴─────────────────────┘                  ▼                ▼
 *    ├── rolled-back ◀───────────── the old worker serves again ────────────────  shelved        rolled-back
 *    └───────────────────────────────────── (both rest like idle until the next check) ──────────────┘
 *
 * While checking, downloading and draining the worker goes on with its job. From the trial on it has closed its session,
 * or is about to, and comes back unless the new version takes over.
 */
export type State =
  | { readonly at: 'idle' | 'checking' }
  | { readonly at: 'downloading' | 'draining' | 'trial' | 'swapping' | 'swapped'; readonly version: string }
  | { readonly at: 'rolled-back' | 'shelved'; readonly version: string; readonly because: string };

export type Event =
  /** A check is due: by the interval, or because somebody asked for it. */
  | { readonly type: 'due' }
  | { readonly type: 'nothing' }
  | { readonly type: 'found'; readonly version: string }
  /** What was under way did not work. `faults`: of this version so far, this one included; 0 when it is not its fault. */
  | { readonly type: 'failed'; readonly because: string; readonly faults: number }
  /** The release is on this disk, verified. */
  | { readonly type: 'staged' }
  /** The whole machine is ours, and no result is in danger. */
  | { readonly type: 'leased' }
  /** The running job did not end in time. */
  | { readonly type: 'limit' }
  /** The new version serves: it was welcomed and its heartbeat acknowledged, or it would register. */
  | { readonly type: 'passed' }
  /** It did not come that far. */
  | { readonly type: 'died'; readonly because: string }
  | { readonly type: 'swapped' }
  /** The worker ends, or updates were turned off. */
  | { readonly type: 'stop' };

/** What the driver does for a step. */
export type Effect =
  | { readonly do: 'check' }
  | { readonly do: 'stage'; readonly version: string }
  | { readonly do: 'wait-for-lease'; readonly version: string; readonly ms: number }
  | { readonly do: 'try'; readonly version: string }
  | { readonly do: 'swap'; readonly version: string }
  | { readonly do: 'restart' }
  | { readonly do: 'shelve'; readonly version: string; readonly because: string }
  /** Gives the lease back, if one is held; the old worker serves again, if it stopped. */
  | { readonly do: 'resume' }
  | { readonly do: 'arm-check' }
  | { readonly do: 'disarm-check' }
  /** Whatever is under way is stopped. */
  | { readonly do: 'cancel' };

/** Where the updater stands next, and what its driver does, in this order. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Limits that are not of the machine itself. */
export interface Policy {
  /** The longest that a running job may hold up an update, and offers be rejected for it, in milliseconds. */
  readonly maxDrainMs: number;
  /** So many faults of one version shelve it. */
  readonly maxFaults: number;
}

/** Whether nothing is under way. */
export const isAtRest = ({ at }: State): boolean => at === 'idle' || at === 'rolled-back' || at === 'shelved';

const IDLE: State = { at: 'idle' };
const REST: Step = { state: IDLE, effects: [{ do: 'arm-check' }] };

/** One step of the updater. Total: an event that does not concern a state leaves it as it is. */
export function step(state: State, event: Event, policy: Policy): Step {
  const stay: Step = { state, effects: [] };
  if (event.type === 'stop') return stop(state);
  switch (state.at) {
    case 'idle':
    case 'rolled-back':
    case 'shelved':
      if (event.type !== 'due') return stay;
      return { state: { at: 'checking' }, effects: [{ do: 'disarm-check' }, { do: 'check' }] };
    case 'checking':
      return whileChecking(event) ?? stay;
    case 'downloading':
      return whileDownloading(state.version, event, policy) ?? stay;
    case 'draining':
      return whileDraining(state.version, event) ?? stay;
    case 'trial':
      return onTrial(state.version, event) ?? stay;
    case 'swapping':
      return whileSwapping(state.version, event, policy) ?? stay;
    case 'swapped':
      return stay;
    default:
      return state satisfies never;
  }
}

function whileChecking(event: Event): Step | undefined {
  if (event.type === 'nothing' || event.type === 'failed') return REST;
  if (event.type !== 'found') return undefined;
  const { version } = event;
  return { state: { at: 'downloading', version }, effects: [{ do: 'stage', version }] };
}

function whileDownloading(version: string, event: Event, policy: Policy): Step | undefined {
  if (event.type === 'staged') {
    const ms = policy.maxDrainMs;
    return { state: { at: 'draining', version }, effects: [{ do: 'wait-for-lease', version, ms }] };
  }
  if (event.type !== 'failed') return undefined;
  return event.faults < policy.maxFaults ? REST : shelve(version, event.because);
}

function whileDraining(version: string, event: Event): Step | undefined {
  if (event.type === 'leased') return { state: { at: 'trial', version }, effects: [{ do: 'try', version }] };
  if (event.type !== 'limit' && event.type !== 'failed') return undefined;
  return { state: IDLE, effects: [{ do: 'resume' }, { do: 'arm-check' }] };
}

function onTrial(version: string, event: Event): Step | undefined {
  if (event.type === 'passed') return { state: { at: 'swapping', version }, effects: [{ do: 'swap', version }] };
  // Another try would cost another outage, so one is enough.
  if (event.type === 'died') return shelve(version, event.because);
  return event.type === 'failed' ? rollBack(version, event.because) : undefined;
}

function whileSwapping(version: string, event: Event, policy: Policy): Step | undefined {
  if (event.type === 'swapped') return { state: { at: 'swapped', version }, effects: [{ do: 'restart' }] };
  if (event.type !== 'failed') return undefined;
  return event.faults < policy.maxFaults ? rollBack(version, event.because) : shelve(version, event.because);
}

const rollBack = (version: string, because: string): Step => ({
  state: { at: 'rolled-back', version, because },
  effects: [{ do: 'resume' }, { do: 'arm-check' }],
});

const shelve = (version: string, because: string): Step => ({
  state: { at: 'shelved', version, because },
  effects: [{ do: 'shelve', version, because }, { do: 'resume' }, { do: 'arm-check' }],
});

/** A version that is in place already is started, whoever asks to stop: what starts the worker next starts it anyway. */
function stop(state: State): Step {
  if (state.at === 'swapped') return { state, effects: [] };
  return { state: IDLE, effects: [{ do: 'disarm-check' }, { do: 'cancel' }] };
}
