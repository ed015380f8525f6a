import type { State } from './machine.ts';
import type { SessionEnd, SessionStatus } from './session.ts';

/** The state in which no further socket will be opened. */
export type Closed = State & { readonly at: 'closed' };

/** A state as `status` shows it. */
export function statusOf(state: State, because: string, retryInMs: number): SessionStatus {
  if (state.at === 'backing-off') {
    return { at: 'backing-off', failures: state.failures, retryInMs, because };
  }
  if (state.at !== 'closed') return { at: state.at };
  if (state.because === 'stopped') return { at: 'stopped' };
  return state.because === 'refused' ? { at: 'refused', code: state.code, because } : { at: 'gave-up', because };
}

/** How a closed session ended, for its owner. */
export function endOf(closed: Closed, message: string): SessionEnd {
  switch (closed.because) {
    case 'stopped':
      return { because: 'stopped' };
    case 'refused':
      return { because: 'refused', code: closed.code, message };
    case 'gave-up':
      return { because: 'gave-up', failures: closed.failures };
    default:
      return closed satisfies never;
  }
}
