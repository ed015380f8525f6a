import { errorChain } from '../../../../base/errors.ts';
import type { Clock } from '../../../clock.ts';
import { asLines, asText, type ChildEnvironment, startChild, type StartedChild } from '../../../process/child.ts';
import { pixmapOf } from '../icons.ts';
import { pngOf } from '../png.ts';
import { type AttemptEnd, reconnecting } from '../reconnect.ts';
import type { Tray, TrayLook, TrayOptions } from '../tray.ts';
import { SCRIPT_ICON_PIXELS, type ScriptItem, type ScriptLook, TRAY_SCRIPT } from './script.ts';

/*
 * A tray icon of macOS, where only a program with a run loop of the system can show one: a child does, and tells by lines
 * what was chosen. One that ends is started again, later each time.
 */

export interface MacTrayOptions extends TrayOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly env: ChildEnvironment;
}

const COMMAND = ['osascript', '-l', 'JavaScript', '-e', TRAY_SCRIPT];
/** Of what it complains about, as much as a log line needs. */
const MAX_COMPLAINT_CHARS = 500;

/** Never fails: where there is no menu bar, it shows nothing and keeps trying. */
export const openMacTray = (options: MacTrayOptions): Tray => new MacTray(options);

class MacTray implements Tray {
  readonly #options: MacTrayOptions;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #look: TrayLook;
  #child: StartedChild | undefined;
  #isShown: boolean | undefined;

  constructor(options: MacTrayOptions) {
    this.#options = options;
    this.#look = options.look;
    this.#kept = reconnecting(() => this.#attempt(), {
      clock: options.clock,
      signal: this.#closing.signal,
      onEnd: (because) => this.#report(false, because),
    });
  }

  show(look: TrayLook): void {
    this.#look = look;
    this.#send();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#child?.killGroup('SIGTERM');
    await this.#kept;
  }

  /** Settles when the child has ended, with why. */
  async #attempt(): Promise<AttemptEnd> {
    let complaint = '';
    try {
      const child = startChild(COMMAND, {
        env: this.#options.env,
        stdin: 'pipe',
        stdout: asLines((line) => this.#onLine(line)),
        stderr: asText((text) => (complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARS))),
      });
      this.#child = child;
      this.#send();
      await child.ended;
      return { hadBegun: this.#isShown === true, because: complaint.trim() || 'osascript ended' };
    } catch (thrown) {
      return { hadBegun: false, because: errorChain(thrown) };
    } finally {
      this.#child = undefined;
    }
  }

  /** To one that has ended nothing is sent: its successor gets the look. */
  #send(): void {
    const stdin = this.#child?.stdin;
    if (stdin === undefined) return;
    const send = async (): Promise<void> => {
      await stdin.write(lineOf(this.#look));
      await stdin.flush();
    };
    void send().catch(() => {}); // it ended meanwhile, which its end reports
  }

  #onLine(line: string): void {
    if (line === 'shown') this.#report(true, '');
    const [, action] = /^action (\S+)$/.exec(line) ?? [];
    if (action !== undefined) this.#options.onAction(action);
  }

  #report(is: boolean, because: string): void {
    if (this.#closing.signal.aborted || this.#isShown === is) return;
    this.#isShown = is;
    this.#options.onShown(is, because);
  }
}

/** One look as a line of ASCII. */
function lineOf({ icon, title, text, menu }: TrayLook): string {
  const look: ScriptLook = {
    png: Buffer.from(pngOf(pixmapOf(icon, SCRIPT_ICON_PIXELS))).toString('base64'),
    tip: text === '' ? title : `${title}\n${text}`,
    menu: menu.map((item): ScriptItem =>
      item.is === 'separator'
        ? {}
        : { label: item.label, enabled: item.enabled, ...(item.action !== undefined && { action: item.action }) },
    ),
  };
  const ascii = JSON.stringify(look).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${ascii}\n`;
}
