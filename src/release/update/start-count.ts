import { MAX_FAULTS, type UpdateState, withFault } from './state.ts';

/*
 * A version that dies at its start cannot take itself back, unless the very first thing it does is to count. The count
 * goes back to nothing once the worker has come to work, or was asked to stop.
 */

/** So many starts in a row may die. */
const MAX_DEATHS = 3;

/** What a start is to do, and what is to be remembered before it does. */
export type StartVerdict =
  | { readonly is: 'go'; readonly state: UpdateState }
  /** This version died too often, and the one before it is there. */
  | { readonly is: 'roll-back'; readonly state: UpdateState; readonly because: string };

/** A start of this version begins. */
export function countStart(
  state: UpdateState,
  start: { readonly version: string; readonly hasPrevious: boolean; readonly now: number },
): StartVerdict {
  const { version, hasPrevious, now } = start;
  const died = state.starts?.version === version ? state.starts.count : 0;
  if (died < MAX_DEATHS || !hasPrevious) {
    // Beyond the limit there is nothing to go back to, and the number does not matter.
    return { is: 'go', state: { ...state, starts: { version, count: Math.min(died + 1, MAX_DEATHS) } } };
  }
  const because = `it ended ${MAX_DEATHS} times in a row before it came to work`;
  const { starts: _counted, ...rest } = withFault(state, { version, at: now, because }, MAX_FAULTS);
  return { is: 'roll-back', because, state: { ...rest, rolledBack: { version, at: now, because } } };
}

/** This version came to work, or was stopped in good order. */
export const startSurvived = (state: UpdateState, version: string): UpdateState => ({
  ...state,
  starts: { version, count: 0 },
});
