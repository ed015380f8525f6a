import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';

/*
 * After a burst the runtime keeps what it took, for the next one. A worker may be idle for days, on a machine that somebody
 * works at: once nothing happens any more, what the burst left is handed back. What counts as one is CPU time, whatever it went
 * into: jobs, uploads, frames that are no frames.
 */

export interface QuietOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** CPU time of this process so far. */
  readonly cpuMs: () => number;
  /** Whether a job runs: its process works, and this one only waits. */
  readonly isBusy: () => boolean;
  /** Called once after the start and after each burst, when it is over. */
  readonly onQuiet: () => Promise<void>;
}

/** Idle for this long, a burst is over. Its memory is returned within twice this time. */
export const QUIET_MS = 15 * SECOND_MS;
/** An idle worker uses less than half of this share, even on a slow machine. */
const BUSY_SHARE = 0.01;

/** Watches until disposed of. */
export function watchQuiet({ clock, cpuMs, isBusy, onQuiet }: QuietOptions): Disposable {
  let stale = true;
  let over = false;
  let before = { cpuMs: cpuMs(), at: clock.elapsed() };
  async function look(): Promise<void> {
    const share = (cpuMs() - before.cpuMs) / (clock.elapsed() - before.at);
    const wasQuiet = share < BUSY_SHARE && !isBusy();
    if (!wasQuiet) stale = true;
    else if (stale) {
      stale = false;
      await onQuiet();
    }
    if (over) return;
    before = { cpuMs: cpuMs(), at: clock.elapsed() }; // handing back is no burst
    disarm = clock.after(QUIET_MS, () => void look());
  }
  let disarm = clock.after(QUIET_MS, () => void look());
  return {
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}
