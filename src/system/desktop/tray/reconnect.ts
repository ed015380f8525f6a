import { pause } from '../../../base/pause.ts';
import { MINUTE_MS, SECOND_MS } from '../../../base/units.ts';
import type { Clock } from '../../clock.ts';

const FIRST_WAIT_MS = SECOND_MS;
const MAX_WAIT_MS = MINUTE_MS;

/** How long to wait after so many failures in a row. */
export const reconnectMs = (failures: number): number => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));

/** How an attempt to show an icon ended. `hadBegun`: not a failure in a row with those before it. */
export interface AttemptEnd {
  readonly hadBegun: boolean;
  readonly because: string;
}

interface ReconnectOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
  readonly onEnd: (because: string) => void;
}

/** Attempts again whenever an attempt has ended, until the signal aborts. `attempt` must not throw. */
export async function reconnecting(
  attempt: () => Promise<AttemptEnd>,
  { clock, signal, onEnd }: ReconnectOptions,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const { hadBegun, because } = await attempt();
    failures = hadBegun ? 1 : failures + 1;
    onEnd(because);
    await pause(clock, reconnectMs(failures), signal);
  }
}
