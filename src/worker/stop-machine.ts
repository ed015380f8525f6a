/**
 * Stopping, as a pure machine. Each signal asks for the same a little more firmly:
 *
 *   working ──signal──▶ finishing ──signal or grace over──▶ handing-back ──signal──▶ gone
 *                          └──────────── idle ──────────────────┴──── idle ──▶ leaving ──▶ gone
 *
 * finishing: the running jobs may end, no new one is taken. handing-back: they are cancelled and the studio told.
 * leaving: logs are flushed and the session says goodbye. gone: the process ends now.
 */
export type StopState = { readonly at: 'working' | 'finishing' | 'handing-back' | 'leaving' | 'gone' };

export type StopEvent =
  | { readonly type: 'signal' }
  | { readonly type: 'grace-over' }
  /** Nothing is running and nothing is being delivered. */
  | { readonly type: 'idle' }
  | { readonly type: 'left' };

export type StopEffect =
  | { readonly do: 'arm-grace' }
  | { readonly do: 'disarm-grace' }
  | { readonly do: 'cancel-jobs' }
  | { readonly do: 'leave' }
  | { readonly do: 'exit'; readonly code: number };

export interface StopStep {
  readonly state: StopState;
  readonly effects: readonly StopEffect[];
}

/** What a shell reports for a program ended by Ctrl-C (128 + SIGINT). */
const INTERRUPTED = 130;

/** One step of stopping. Total: an event that does not concern a state leaves it as it is. */
export function stopStep(state: StopState, event: StopEvent): StopStep {
  const stay: StopStep = { state, effects: [] };
  switch (state.at) {
    case 'working':
      return event.type === 'signal' ? { state: { at: 'finishing' }, effects: [{ do: 'arm-grace' }] } : stay;
    case 'finishing':
      if (event.type === 'idle') return leave([{ do: 'disarm-grace' }]);
      if (event.type !== 'signal' && event.type !== 'grace-over') return stay;
      return { state: { at: 'handing-back' }, effects: [{ do: 'disarm-grace' }, { do: 'cancel-jobs' }] };
    case 'handing-back':
      if (event.type === 'idle') return leave([]);
      return event.type === 'signal' ? gone(INTERRUPTED) : stay;
    case 'leaving':
      if (event.type === 'left') return gone(0);
      return event.type === 'signal' ? gone(INTERRUPTED) : stay;
    case 'gone':
      return stay;
    default:
      return state.at satisfies never;
  }
}

const leave = (before: readonly StopEffect[]): StopStep => ({
  state: { at: 'leaving' },
  effects: [...before, { do: 'leave' }],
});
const gone = (code: number): StopStep => ({ state: { at: 'gone' }, effects: [{ do: 'exit', code }] });
