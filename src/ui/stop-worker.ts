import { pause } from '../base/pause.ts';
import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';

export interface StopDeps {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  /** Asks once more. The worker finishes its job, then hands it back, then ends at once, with each further request. */
  readonly ask: () => Promise<void>;
  readonly isRunning: () => Promise<boolean>;
  /** How long the worker waits for its job, by its own settings. */
  readonly graceMs: number;
  /** Ends the wait that runs, as if its time were over. */
  readonly onHurry: (call: () => void) => void;
}

/** What a worker takes beyond the wait for its job: its goodbye, its uploads, its engines. */
const LEAVE_MS = 15 * SECOND_MS;
/** Handing a job back is one frame. */
const HAND_BACK_MS = 10 * SECOND_MS;
const AT_ONCE_MS = 5 * SECOND_MS;
const CHECK_EVERY_MS = SECOND_MS / 4;

/** Stops the worker, more urgently each time it does not end. False where it still runs after that. */
export async function stopWorker({ clock, ask, isRunning, graceMs, onHurry }: StopDeps): Promise<boolean> {
  for (const waitMs of [graceMs + LEAVE_MS, HAND_BACK_MS, AT_ONCE_MS]) {
    const hurry = new AbortController();
    onHurry(() => hurry.abort());
    await ask();
    const until = clock.elapsed() + waitMs;
    while (clock.elapsed() < until && !hurry.signal.aborted) {
      if (!(await isRunning())) return true;
      await pause(clock, CHECK_EVERY_MS, hurry.signal);
    }
  }
  return !(await isRunning());
}
