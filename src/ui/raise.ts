import { pause } from '../base/pause.ts';
import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';

/*
 * How another process reaches the one with the icon: a file beside the config, which that one watches. Any change of it
 * asks for the window, as in other workers of this contract; one word of ours asks it to end.
 */

const QUIT = 'quit';

/** The time makes it differ from the last one. */
export const askForWindow = (now: number): string => `${now}\n`;
export const askToQuit = (now: number): string => `${QUIT} ${now}\n`;

export const asksToQuit = (text: string | undefined): boolean => text?.startsWith(QUIT) === true;

export interface EndIconDeps {
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  readonly isThere: () => Promise<boolean>;
  readonly write: (text: string) => Promise<void>;
}

/** It looks at the file about once a second, and takes its icon out of the tray. */
const END_MS = 10 * SECOND_MS;
const CHECK_EVERY_MS = SECOND_MS / 5;

/** Ends the process with the icon, and waits for that. False where it is still there after a while. */
export async function endIcon({ clock, isThere, write }: EndIconDeps): Promise<boolean> {
  if (!(await isThere())) return true;
  await write(askToQuit(clock.now()));
  const until = clock.elapsed() + END_MS;
  while (clock.elapsed() < until) {
    if (!(await isThere())) return true;
    await pause(clock, CHECK_EVERY_MS);
  }
  return false;
}
