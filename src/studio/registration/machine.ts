import type { WorkerId } from '../../base/ids.ts';

/*
 *             requested            approved
 *   pristine ───────────▶ pending ───────────▶ approved       Every state but `stopped` goes back to
 *       ▲                  │   │                              pristine on `reset`.
 *       └──────────────────┘   └─────────────▶ rejected
 *        404, or five 401s        rejected
 *
 * At most one call is out at any time: a call is made only by an elapsed wait or by an answer, and a wait is armed only by
 * an answer. A studio that holds polls open is asked again as soon as it has answered.
 * Once approved nothing is asked again: each further poll would rotate the token that was just saved.
 */

/** Whether the studio holds a poll open until the operator has decided. */
interface LongPolling {
  readonly longPoll: boolean;
}

/** How a create call ended. */
export type RequestResult = ({ readonly is: 'pending'; readonly requestId: string } & LongPolling) | Failed;
/** How a poll ended. */
export type PollResult =
  | ({ readonly is: 'pending' } & LongPolling)
  | ({ readonly is: 'approved' } & Approval)
  | { readonly is: 'rejected'; readonly reason: string }
  /** 404: the studio has no such request. */
  | { readonly is: 'unknown'; readonly message: string }
  /** 401: the secret is not the one the request was made with. */
  | { readonly is: 'unauthorized'; readonly message: string }
  | Failed;
/** No usable answer: none at all, an error status, or a body that cannot be read. */
export interface Failed {
  readonly is: 'failed';
  readonly message: string;
  /** Absent when there was no answer at all. */
  readonly status?: number;
  /** How long the studio asked us to wait. */
  readonly retryAfterMs?: number;
}

/** Who we are to the studio. */
export interface Approval {
  readonly workerId: WorkerId;
  readonly authToken: string;
}

export type State =
  | { readonly at: 'pristine' }
  /** `since`: when the request was first known, in milliseconds since the epoch. `denials`: 401s in a row. */
  | ({
      readonly at: 'pending';
      readonly requestId: string;
      readonly since: number;
      readonly denials: number;
    } & LongPolling)
  /** `published`: whether the rest of the worker was given the credentials, which the first save must precede. */
  | ({
      readonly at: 'approved';
      readonly credentials: 'saving' | 'saved' | 'unsaved';
      readonly published: boolean;
    } & Approval)
  | { readonly at: 'rejected'; readonly reason: string }
  | { readonly at: 'stopped' };

export type Event =
  /** `known` is what the config remembered; a request id counts only beside the secret that can poll it. */
  | {
      readonly type: 'started';
      readonly known: Approval | { readonly requestId: string } | undefined;
      readonly now: number;
    }
  | { readonly type: 'elapsed' }
  | { readonly type: 'requested'; readonly answer: RequestResult; readonly now: number }
  | { readonly type: 'polled'; readonly answer: PollResult }
  | ({ readonly type: 'bootstrapped' } & Approval)
  /** The credentials reached the disk, or did not. */
  | { readonly type: 'saved'; readonly ok: boolean }
  | { readonly type: 'reset' }
  | { readonly type: 'stop' };

export type Effect =
  | { readonly do: 'create' }
  | ({ readonly do: 'poll'; readonly requestId: string } & LongPolling)
  | { readonly do: 'save-request'; readonly requestId: string }
  /** Saves the credentials, drops the request behind them, and answers with `saved`. */
  | ({ readonly do: 'save-credentials' } & Approval)
  /** Drops the request, or with `all` everything that registration ever saved. */
  | { readonly do: 'forget'; readonly all: boolean }
  /** Arms the one timer. A wait the studio asked for is `atLeast`: jitter may only lengthen it. */
  | { readonly do: 'wait'; readonly ms: number; readonly atLeast: boolean; readonly after?: Failed }
  | { readonly do: 'log'; readonly what: RegistrationNotice };

/** What is logged for the operator. */
export type RegistrationNotice =
  | { readonly is: 'awaited' }
  | { readonly is: 'requested' | 'pending'; readonly requestId: string }
  | { readonly is: 'approved'; readonly workerId: WorkerId }
  | { readonly is: 'rejected'; readonly reason: string }
  | { readonly is: 'restarted'; readonly because: string };

export interface Policy {
  readonly pollMs: number;
  /** A shorter `Retry-After` is raised to this, so that a zero cannot make us hammer. */
  readonly minWaitMs: number;
  /** A longer `Retry-After` is lowered to this, so that a wrong one cannot park us for a day. */
  readonly maxWaitMs: number;
  /** So many 401s in a row mean that the secret is lost for good. */
  readonly denialsToStartOver: number;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const INITIAL: State = { at: 'pristine' };
const PRISTINE: State = { at: 'pristine' };

/** What a registration does next. Total: an event that makes no sense in a state leaves it as it is. */
export function step(state: State, event: Event, policy: Policy): Step {
  if (state.at === 'stopped') return stay(state);
  switch (event.type) {
    case 'stop':
      return { state: { at: 'stopped' }, effects: [] };
    case 'reset':
      return { state: PRISTINE, effects: [{ do: 'forget', all: true }, { do: 'create' }] };
    case 'bootstrapped':
      return approve(event);
    case 'started':
      return state.at === 'pristine' ? start(event) : stay(state);
    case 'elapsed':
      return elapsed(state);
    case 'requested':
      return state.at === 'pristine' ? requested(event, policy) : stay(state);
    case 'polled':
      return state.at === 'pending' ? polled(state, event.answer, policy) : stay(state);
    case 'saved':
      return state.at === 'approved' ? saved(state, event.ok, policy) : stay(state);
    default:
      return event satisfies never;
  }
}

const stay = (state: State): Step => ({ state, effects: [] });

function start({ known, now }: Extract<Event, { type: 'started' }>): Step {
  if (known === undefined)
    return { state: PRISTINE, effects: [{ do: 'log', what: { is: 'awaited' } }, { do: 'create' }] };
  if ('authToken' in known)
    return { state: { at: 'approved', credentials: 'saved', published: true, ...known }, effects: [] };
  return {
    state: { at: 'pending', requestId: known.requestId, since: now, denials: 0, longPoll: false },
    effects: [
      { do: 'log', what: { is: 'awaited' } },
      { do: 'log', what: { is: 'pending', requestId: known.requestId } },
      { do: 'poll', requestId: known.requestId, longPoll: false },
    ],
  };
}

function elapsed(state: Exclude<State, { at: 'stopped' }>): Step {
  switch (state.at) {
    case 'pristine':
      return { state, effects: [{ do: 'create' }] };
    case 'pending':
      return { state, effects: [{ do: 'poll', requestId: state.requestId, longPoll: state.longPoll }] };
    case 'approved':
      if (state.credentials !== 'unsaved') return stay(state);
      return {
        state: { ...state, credentials: 'saving' },
        effects: [{ do: 'save-credentials', workerId: state.workerId, authToken: state.authToken }],
      };
    case 'rejected':
      return stay(state);
    default:
      return state satisfies never;
  }
}

function requested({ answer, now }: Extract<Event, { type: 'requested' }>, policy: Policy): Step {
  if (answer.is === 'failed') return { state: PRISTINE, effects: [waitAfter(answer, policy)] };
  const { requestId, longPoll } = answer;
  const next: Effect = longPoll ? { do: 'poll', requestId, longPoll } : tick(policy);
  return {
    state: { at: 'pending', requestId, since: now, denials: 0, longPoll },
    effects: [{ do: 'save-request', requestId }, { do: 'log', what: { is: 'requested', requestId } }, next],
  };
}

function polled(state: Extract<State, { at: 'pending' }>, answer: PollResult, policy: Policy): Step {
  switch (answer.is) {
    case 'pending': {
      const { longPoll } = answer;
      // One that answers at once all the same must not be asked without end.
      const next: Effect = longPoll ? { do: 'wait', ms: policy.minWaitMs, atLeast: true } : tick(policy);
      return { state: { ...state, denials: 0, longPoll }, effects: [next] };
    }
    case 'approved':
      return approve(answer);
    case 'rejected':
      return {
        state: { at: 'rejected', reason: answer.reason },
        effects: [
          { do: 'forget', all: false },
          { do: 'log', what: { is: 'rejected', reason: answer.reason } },
        ],
      };
    case 'unknown':
      return startOver(answer.message, policy);
    case 'unauthorized': {
      const denials = state.denials + 1;
      if (denials >= policy.denialsToStartOver) return startOver(answer.message, policy);
      const failed = { is: 'failed', message: answer.message, status: 401 } as const;
      return { state: { ...state, denials }, effects: [waitAfter(failed, policy)] };
    }
    case 'failed':
      return { state: { ...state, denials: 0, longPoll: false }, effects: [waitAfter(answer, policy)] };
    default:
      return answer satisfies never;
  }
}

/** Credentials go to the disk before anyone uses them: a crash in between would cost the operator a second approval. */
const approve = ({ workerId, authToken }: Approval): Step => ({
  state: { at: 'approved', credentials: 'saving', published: false, workerId, authToken },
  effects: [{ do: 'save-credentials', workerId, authToken }],
});

/** A failed save is retried with the next tick; the credentials in memory are as good until then. */
function saved(state: Extract<State, { at: 'approved' }>, ok: boolean, policy: Policy): Step {
  if (state.credentials !== 'saving') return stay(state);
  const log: Effect[] = state.published ? [] : [{ do: 'log', what: { is: 'approved', workerId: state.workerId } }];
  return ok
    ? { state: { ...state, credentials: 'saved', published: true }, effects: log }
    : { state: { ...state, credentials: 'unsaved', published: true }, effects: [...log, tick(policy)] };
}

const startOver = (because: string, policy: Policy): Step => ({
  state: PRISTINE,
  effects: [{ do: 'forget', all: false }, { do: 'log', what: { is: 'restarted', because } }, tick(policy)],
});

const tick = (policy: Policy): Effect => ({ do: 'wait', ms: policy.pollMs, atLeast: false });

function waitAfter(failed: Failed, policy: Policy): Effect {
  const { retryAfterMs } = failed;
  if (retryAfterMs === undefined) return { do: 'wait', ms: policy.pollMs, atLeast: false, after: failed };
  const ms = Math.min(Math.max(retryAfterMs, policy.minWaitMs), policy.maxWaitMs);
  return { do: 'wait', ms, atLeast: true, after: failed };
}
