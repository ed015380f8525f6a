/**
 * The session with the studio, as a pure machine: no clock, no socket, no log. It imports nothing.
 *
 *   idle ──start──▶ connecting ──opened──▶ greeting ──welcome──▶ live
 *                       ▲                                         │
 *                       └──backoff elapsed── backing-off ◀──lost──┘  (from any of the three)
 *
 *   any ──stop──▶ closed(stopped)
 *   the registration was revoked: close 4004, its error frame, or 404 on the upgrade ──▶ idle
 *   a final close code, error frame or 401 ──▶ closed(refused)      too many failures ──▶ closed(gave-up)
 *
 * The driver drops events of an earlier socket, so `lost` always means the current one. Which timers run is a fact
 * of the state (`TIMERS`), so a heartbeat cannot start before the welcome and nothing ticks after the end.
 */
export type State =
  | { readonly at: 'idle' }
  | { readonly at: 'connecting' | 'greeting' | 'backing-off'; readonly failures: number }
  | { readonly at: 'live' }
  | { readonly at: 'closed'; readonly because: 'stopped' }
  | { readonly at: 'closed'; readonly because: 'refused'; readonly code: number }
  | { readonly at: 'closed'; readonly because: 'gave-up'; readonly failures: number };

export type Timer = 'connect' | 'silence' | 'heartbeat' | 'logs' | 'backoff';

export type Event =
  /** There are credentials, or there are none after all. */
  | { readonly type: 'start' | 'unapproved' }
  | { readonly type: 'opened' | 'beat' | 'stop' }
  /** A text frame came, whatever it held. */
  | { readonly type: 'received'; readonly frame: 'welcome' | 'other' }
  /** An error frame came; `code` is the close code paired with it. */
  | { readonly type: 'reported'; readonly code: number; readonly message: string }
  | {
      readonly type: 'lost';
      readonly code: number;
      /** For people; no decision depends on it. */
      readonly reason: string;
      /** Status of an upgrade that was rejected. */
      readonly status?: number | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly type: 'elapsed'; readonly timer: Timer };

export type Effect =
  | { readonly do: 'connect' | 'send-hello' | 'send-heartbeat' | 'flush-logs' }
  /** The studio has forgotten this worker; the next `start` brings new credentials. */
  | { readonly do: 'report-revoked'; readonly reason: string }
  /** Close 1000 with this reason, without waiting for the socket's end. */
  | { readonly do: 'hang-up'; readonly reason: string }
  | { readonly do: 'arm'; readonly timer: Timer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: Timer };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export interface Policy {
  /** Failures in a row that are forgiven; one more gives up. 0 forgives any number. */
  readonly maxFailures: number;
  /** For TCP, TLS and the upgrade together. */
  readonly connectMs: number;
  /** Silence after which the peer counts as dead. */
  readonly silenceMs: number;
  readonly heartbeatMs: number;
  readonly flushMs: number;
  /** The longest wait that `Retry-After` may ask for. */
  readonly maxRetryAfterMs: number;
  /** Wait before the next attempt after `failures` failures in a row. */
  readonly backoffMs: (failures: number) => number;
  /** Whether another attempt is pointless after this close code. */
  readonly isFinal: (code: number) => boolean;
  /** The close code that stands for a 401 on the upgrade. */
  readonly authFailedCode: number;
  /** The close code that stands for a 404 on the upgrade, and ends the registration. */
  readonly revokedCode: number;
}

/** Which timers run in each state; a state entered arms its own and stops every other. */
export const TIMERS: Readonly<Record<State['at'], readonly Timer[]>> = {
  idle: [],
  connecting: ['connect'],
  greeting: ['silence'],
  live: ['silence', 'heartbeat', 'logs'],
  'backing-off': ['backoff'],
  closed: [],
};

const IDLE: State = { at: 'idle' };
const LIVE: State = { at: 'live' };
const SESSION_ENDED = 'session ended';

/** One step of the session. Total: an event that does not concern a state leaves it as it is. */
export function step(state: State, event: Event, policy: Policy): Step {
  if (state.at === 'closed') return { state, effects: [] };
  if (event.type === 'stop') return stop(state);
  switch (state.at) {
    case 'idle':
      return event.type === 'start' ? dial(state, 0, policy) : { state, effects: [] };
    case 'backing-off':
      return elapsed(event, 'backoff') ? dial(state, state.failures, policy) : { state, effects: [] };
    case 'connecting':
      return whileConnecting(state, event, policy);
    case 'greeting':
      return whileGreeting(state, event, policy);
    case 'live':
      return whileLive(state, event, policy);
    default:
      return state satisfies never;
  }
}

type Connected = Extract<State, { readonly failures: number }> | { readonly at: 'live' };
type Trying = { readonly at: 'connecting' | 'greeting' | 'backing-off'; readonly failures: number };

function whileConnecting(state: Trying, event: Event, policy: Policy): Step {
  if (event.type === 'unapproved') return { state: IDLE, effects: disarmed(state, IDLE) };
  if (event.type === 'lost') return lost(state, event, policy);
  if (elapsed(event, 'connect')) return hangUp(state, SESSION_ENDED, policy);
  if (event.type !== 'opened') return { state, effects: [] };
  const next: State = { at: 'greeting', failures: state.failures };
  return { state: next, effects: [...disarmed(state, next), { do: 'send-hello' }, arm('silence', policy)] };
}

function whileGreeting(state: Trying, event: Event, policy: Policy): Step {
  if (event.type === 'lost') return lost(state, event, policy);
  if (event.type === 'reported') return reported(state, event, policy);
  if (elapsed(event, 'silence')) return hangUp(state, SESSION_ENDED, policy);
  if (event.type !== 'received') return { state, effects: [] };
  if (event.frame !== 'welcome') return { state, effects: [arm('silence', policy)] };
  const effects = [...disarmed(state, LIVE), arm('silence', policy), ...beat(policy), ...flush(policy)];
  return { state: LIVE, effects };
}

function whileLive(state: State & { readonly at: 'live' }, event: Event, policy: Policy): Step {
  if (event.type === 'lost') return lost(state, event, policy);
  if (event.type === 'reported') return reported(state, event, policy);
  if (elapsed(event, 'silence')) return hangUp(state, SESSION_ENDED, policy);
  if (event.type === 'received') return { state, effects: [arm('silence', policy)] };
  if (event.type === 'beat' || elapsed(event, 'heartbeat')) return { state, effects: beat(policy) };
  if (elapsed(event, 'logs')) return { state, effects: flush(policy) };
  return { state, effects: [] };
}

function dial(from: State, failures: number, policy: Policy): Step {
  const state: State = { at: 'connecting', failures };
  return { state, effects: [...disarmed(from, state), arm('connect', policy), { do: 'connect' }] };
}

function stop(from: State): Step {
  const state: State = { at: 'closed', because: 'stopped' };
  const goodbye: Effect[] = from.at === 'live' ? [{ do: 'flush-logs' }] : [];
  if (from.at !== 'idle' && from.at !== 'backing-off') goodbye.push({ do: 'hang-up', reason: SESSION_ENDED });
  return { state, effects: [...disarmed(from, state), ...goodbye] };
}

/** The error frame is how the conversation ended; the close that follows it adds nothing. */
function reported(from: Connected, { code, message }: Event & { readonly type: 'reported' }, policy: Policy): Step {
  const goodbye = from.at === 'live' ? SESSION_ENDED : gateText(code, policy);
  const { state, effects } = lost(from, { type: 'lost', code, reason: message }, policy);
  return { state, effects: [{ do: 'hang-up', reason: goodbye }, ...effects] };
}

/** What the studio reads in our close frame when it let nobody in. */
function gateText(code: number, policy: Policy): string {
  if (code === policy.revokedCode) return 'registration revoked';
  return code === policy.authFailedCode ? 'auth failed' : 'protocol violation';
}

/** A half-open socket may never report its own end, so that is not waited for. */
function hangUp(from: Connected, reason: string, policy: Policy): Step {
  const { state, effects } = lost(from, { type: 'lost', code: 1006, reason }, policy);
  return { state, effects: [{ do: 'hang-up', reason }, ...effects] };
}

function lost(from: Connected, event: Event & { readonly type: 'lost' }, policy: Policy): Step {
  const state = afterLoss(from, event, policy);
  const effects = disarmed(from, state);
  if (state.at === 'idle') return { state, effects: [...effects, { do: 'report-revoked', reason: event.reason }] };
  if (state.at !== 'backing-off') return { state, effects };
  const askedMs = Math.min(event.retryAfterMs ?? 0, policy.maxRetryAfterMs);
  const ms = Math.max(policy.backoffMs(state.failures), askedMs);
  return { state, effects: [...effects, { do: 'arm', timer: 'backoff', ms }] };
}

function afterLoss(from: Connected, event: Event & { readonly type: 'lost' }, policy: Policy): State {
  const code = codeOf(event, policy);
  if (code === policy.revokedCode) return IDLE;
  if (policy.isFinal(code)) return { at: 'closed', because: 'refused', code };
  // A welcome wipes the slate: only failures to get in add up.
  const failures = (from.at === 'live' ? 0 : from.failures) + 1;
  const tooMany = policy.maxFailures > 0 && failures > policy.maxFailures;
  return tooMany ? { at: 'closed', because: 'gave-up', failures } : { at: 'backing-off', failures };
}

function codeOf({ code, status }: Event & { readonly type: 'lost' }, policy: Policy): number {
  if (status === 401) return policy.authFailedCode;
  return status === 404 ? policy.revokedCode : code;
}

const elapsed = (event: Event, timer: Timer): boolean => event.type === 'elapsed' && event.timer === timer;

/** Armed anew after each tick rather than repeated, so late ticks are skipped and never bunch up. */
const beat = (policy: Policy): Effect[] => [{ do: 'send-heartbeat' }, arm('heartbeat', policy)];
const flush = (policy: Policy): Effect[] => [{ do: 'flush-logs' }, arm('logs', policy)];

const disarmed = (from: State, to: State): Effect[] =>
  TIMERS[from.at].filter((timer) => !TIMERS[to.at].includes(timer)).map((timer) => ({ do: 'disarm', timer }));

function arm(timer: Exclude<Timer, 'backoff'>, policy: Policy): Effect {
  const limits = {
    connect: policy.connectMs,
    silence: policy.silenceMs,
    heartbeat: policy.heartbeatMs,
    logs: policy.flushMs,
  };
  return { do: 'arm', timer, ms: limits[timer] };
}
