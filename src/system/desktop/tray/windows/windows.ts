import { errorChain } from '../../../../base/errors.ts';
import { pause } from '../../../../base/pause.ts';
import { SECOND_MS } from '../../../../base/units.ts';
import type { Clock } from '../../../clock.ts';
import type { Tray, TrayLook, TrayOptions } from '../tray.ts';
import { openShell, type Shell } from './shell.ts';

/*
 * A tray icon of Windows. Windows puts what is done to it into a queue of this thread, which we empty many times a second:
 * its own way, to wait in the queue, would hold up everything else.
 *
 *   open ──▶ show ──▶ empty the queue … every 5 s show again: Explorer ended, or was not there yet, and has no icon now
 */

export interface WindowsTrayOptions extends TrayOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly open?: () => Promise<Shell>;
}

/** A person does not see it wait. */
const EMPTY_EVERY_MS = 50;
const SHOW_EVERY_MS = 5 * SECOND_MS;

/** Never fails: where there is no tray, it shows nothing and keeps trying. */
export const openWindowsTray = (options: WindowsTrayOptions): Tray => new WindowsTray(options);

class WindowsTray implements Tray {
  readonly #options: WindowsTrayOptions;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #look: TrayLook;
  #isStale = true;
  #isShown: boolean | undefined;

  constructor(options: WindowsTrayOptions) {
    this.#options = options;
    this.#look = options.look;
    this.#kept = this.#keep();
  }

  show(look: TrayLook): void {
    this.#look = look;
    this.#isStale = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { clock, onShown, open = openShell } = this.#options;
    const { signal } = this.#closing;
    try {
      using shell = await open();
      for (let shownAt = -SHOW_EVERY_MS; !signal.aborted;) {
        if (this.#isStale || clock.elapsed() - shownAt >= SHOW_EVERY_MS) {
          this.#put(shell);
          shownAt = clock.elapsed();
        }
        this.#empty(shell);
        await pause(clock, EMPTY_EVERY_MS, signal);
      }
    } catch (thrown) {
      onShown(false, errorChain(thrown));
    }
  }

  #put(shell: Shell): void {
    this.#isStale = false;
    const { icon, title, text } = this.#look;
    const isShown = shell.show(icon, text === '' ? title : `${title}\n${text}`);
    if (isShown !== this.#isShown) this.#options.onShown(isShown, isShown ? '' : 'Windows has no tray to show it in');
    this.#isShown = isShown;
  }

  #empty(shell: Shell): void {
    for (let event = shell.next(); event !== undefined; event = shell.next()) {
      if (event.is === 'activate') this.#options.onActivate();
      else {
        const action = shell.choose(this.#look.menu, event);
        if (action !== undefined) this.#options.onAction(action);
      }
    }
  }
}
