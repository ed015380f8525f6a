import type { RunContext } from './engine.ts';

/**
 * Passes on the first bar only, and only as it grows: libraries repeat themselves, and some draw one bar after the other,
 * each from its beginning.
 */
export function rising(progress: RunContext['progress']): RunContext['progress'] {
  let firstTotal: number | undefined;
  let reached = 0;
  return (done, total) => {
    firstTotal ??= total;
    if (total !== firstTotal || done <= reached) return;
    reached = done;
    progress(done, total);
  };
}
