import { MINUTE_MS } from '../../../base/units.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Program } from '../../../system/process/programs.ts';

/** Generous: a slow disk reads a large model, a slow processor takes one step of a large picture. */
export const STALL_MS = 15 * MINUTE_MS;
/** Our programs end by themselves in a tenth of this; what does not is ended, all within half a second. */
const ENDS_WITHIN_MS = 300;

/** Ends a program that is told to end, or makes no progress: first by asking, then by force. */
export interface Watchdog {
  /** From now on this program has to show progress. */
  readonly guard: (program: Program) => void;
  /** It made some. */
  readonly renew: () => void;
  /** Nothing is asked of it for now. */
  readonly rest: () => void;
  /** Ends it. */
  readonly end: () => void;
  /** It is gone. */
  readonly stop: () => void;
  readonly stalled: boolean;
  /** We ended it: however it ends is no crash. */
  readonly ending: boolean;
}

export function createWatchdog(clock: Pick<Clock, 'after'>): Watchdog {
  let guarded: Program | undefined;
  let stalled = false;
  let ending = false;
  let disarm = (): void => {};
  function end(): void {
    if (ending) return; // the time it has left does not grow any more
    ending = true;
    disarm();
    guarded?.killGroup('SIGTERM');
    disarm = clock.after(ENDS_WITHIN_MS, () => guarded?.killGroup('SIGKILL'));
  }
  function renew(): void {
    if (ending) return;
    disarm();
    disarm = clock.after(STALL_MS, () => {
      stalled = true;
      end();
    });
  }
  return {
    guard(program) {
      guarded = program;
      renew();
    },
    renew,
    rest() {
      if (!ending) disarm();
    },
    end,
    stop: () => disarm(),
    get stalled() {
      return stalled;
    },
    get ending() {
      return ending;
    },
  };
}
