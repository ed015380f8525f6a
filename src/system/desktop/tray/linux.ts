import { errorChain } from '../../../base/errors.ts';
import { SECOND_MS } from '../../../base/units.ts';
import type { Clock } from '../../clock.ts';
import { type Bus, BUS, openFirstBus } from '../../dbus/bus.ts';
import type { DbusMessage } from '../../dbus/message.ts';
import { answerFrom, type DbusObjects } from '../../dbus/objects.ts';
import { MENU, trayMenu } from './menu.ts';
import { type AttemptEnd, reconnecting } from './reconnect.ts';
import { changedSignals, ITEM, ITEM_PATH, MENU_PATH, statusItem } from './status-item.ts';
import type { Tray, TrayLook, TrayOptions } from './tray.ts';

/*
 * A tray icon of Linux desktops: an object on the bus of the login, registered with whoever keeps the tray.
 *
 *   connect ──▶ watch the watcher ──▶ register ──▶ shown          the watcher restarts: register again
 *      ▲                                                          the bus breaks: wait, connect again
 *      └────────────── 1 s, 2 s … 1 min ──────────────────────────┘
 */

interface BusTrayOptions extends TrayOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Sockets of the bus, the preferred one first. */
  readonly paths: readonly string[];
  readonly pid: number;
}

const WATCHER = 'org.kde.StatusNotifierWatcher';
const CONNECT_MS = 5 * SECOND_MS;
/** Never fails: where there is no bus or no tray, it shows nothing and goes on trying. */
export const openBusTray = (options: BusTrayOptions): Tray => new BusTray(options);

class BusTray implements Tray {
  readonly #options: BusTrayOptions;
  readonly #objects: DbusObjects;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #look: TrayLook;
  #revision = 1;
  #bus: Bus | undefined;
  #shown: { readonly is: boolean; readonly because: string } | undefined;

  constructor(options: BusTrayOptions) {
    this.#options = options;
    this.#look = options.look;
    const { onAction, onActivate } = options;
    const menu = { items: () => this.#look.menu, revision: () => this.#revision, onAction };
    this.#objects = {
      [ITEM_PATH]: [statusItem({ look: () => this.#look, onActivate })],
      [MENU_PATH]: [trayMenu(menu)],
    };
    this.#kept = reconnecting(() => this.#attempt(), {
      clock: options.clock,
      signal: this.#closing.signal,
      onEnd: (because) => this.#report(false, because),
    });
  }

  show(look: TrayLook): void {
    const before = this.#look;
    this.#look = look;
    for (const member of changedSignals(before, look)) this.#bus?.emit({ path: ITEM_PATH, interface: ITEM, member });
    if (JSON.stringify(before.menu) === JSON.stringify(look.menu)) return;
    this.#revision += 1;
    const body = [this.#revision, 0];
    this.#bus?.emit({ path: MENU_PATH, interface: MENU, member: 'LayoutUpdated', signature: 'ui', body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#bus?.[Symbol.dispose]();
    await this.#kept;
  }

  /** Settles when the bus has ended, with why. */
  async #attempt(): Promise<AttemptEnd> {
    try {
      using bus = await this.#connect();
      return { hadBegun: true, because: this.#closing.signal.aborted ? '' : await bus.ended };
    } catch (thrown) {
      return { hadBegun: false, because: errorChain(thrown) };
    } finally {
      this.#bus = undefined;
    }
  }

  async #connect(): Promise<Bus> {
    const { clock, paths, pid } = this.#options;
    const bus = await openFirstBus(paths, {
      clock,
      limitMs: CONNECT_MS,
      answer: (call) => answerFrom(this.#objects, call),
      onSignal: (signal) => this.#onSignal(signal),
    });
    try {
      const name = this.#name(pid);
      await bus.call({ ...BUS, member: 'RequestName', signature: 'su', body: [name, 0] });
      await bus.call({ ...BUS, member: 'AddMatch', signature: 's', body: [OWNER_CHANGES] });
      bus.stay();
      this.#bus = bus;
      void this.#register(bus);
      return bus;
    } catch (thrown) {
      bus[Symbol.dispose]();
      throw thrown;
    }
  }

  /** KDE's specification: the name of the process, and of the icon within it. */
  #name(pid: number): string {
    return `org.kde.StatusNotifierItem-${pid}-1`;
  }

  /** A desktop without a tray, or one that has not begun yet, has no watcher: its coming is a signal. */
  async #register(bus: Bus): Promise<void> {
    try {
      await bus.call({
        destination: WATCHER,
        path: '/StatusNotifierWatcher',
        interface: WATCHER,
        member: 'RegisterStatusNotifierItem',
        signature: 's',
        body: [this.#name(this.#options.pid)],
      });
      this.#report(true, '');
    } catch (thrown) {
      this.#report(false, errorChain(thrown));
    }
  }

  #onSignal({ member, body: [name, , owner] }: DbusMessage): void {
    if (member !== 'NameOwnerChanged' || name !== WATCHER) return;
    if (owner === '') this.#report(false, 'the desktop’s tray has ended');
    else if (this.#bus !== undefined) void this.#register(this.#bus);
  }

  #report(is: boolean, because: string): void {
    if (this.#closing.signal.aborted || (this.#shown?.is === is && this.#shown.because === because)) return;
    this.#shown = { is, because };
    this.#options.onShown(is, because);
  }
}

const OWNER_CHANGES = `type='signal',sender='${BUS.destination}',interface='${BUS.interface}',member='NameOwnerChanged',arg0='${WATCHER}'`;
