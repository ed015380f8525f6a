import { SECOND_MS } from '../../../base/units.ts';
import type { Clock } from '../../clock.ts';
import { type Bus, BUS, type DbusCall, openFirstBus } from '../../dbus/bus.ts';
import type { DbusMessage } from '../../dbus/message.ts';
import { dictionary, variant } from '../../dbus/values.ts';
import { pixmapsOf } from '../tray/icons.ts';
import type { Notice, Notices } from './notice.ts';

interface BusNoticesOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Sockets of the bus, the preferred one first. */
  readonly paths: readonly string[];
  /** One of them was clicked. */
  readonly onClick: () => void;
}

const NOTIFICATIONS = 'org.freedesktop.Notifications';
const CONNECT_MS = 5 * SECOND_MS;
/** The desktop's own time for them. */
const DEFAULT_TIMEOUT = -1;
const LOW = 0;
const NORMAL = 1;

/** Notifications of Linux desktops (Desktop Notifications Specification 1.2). Connects with the first of them. */
export const busNotices = (options: BusNoticesOptions): Notices => new BusNotices(options);

class BusNotices implements Notices {
  readonly #options: BusNoticesOptions;
  #bus: Promise<Bus> | undefined;
  /** Those that were shown: everybody's clicks are heard. */
  readonly #shown = new Set<unknown>();

  constructor(options: BusNoticesOptions) {
    this.#options = options;
  }

  async show(notice: Notice): Promise<void> {
    this.#bus ??= this.#connect();
    try {
      const [id] = await (await this.#bus).call(notifyCall(notice));
      this.#shown.add(id);
    } catch (thrown) {
      this.#bus = undefined; // it may have restarted: the next one connects again
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    void this.#bus?.then(
      (bus) => bus[Symbol.dispose](),
      () => {}, // there is none
    );
  }

  async #connect(): Promise<Bus> {
    const { clock, paths } = this.#options;
    const onSignal = (signal: DbusMessage): void => this.#onSignal(signal);
    const bus = await openFirstBus(paths, { clock, limitMs: CONNECT_MS, onSignal });
    await bus.call({
      ...BUS,
      member: 'AddMatch',
      signature: 's',
      body: [`type='signal',interface='${NOTIFICATIONS}'`],
    });
    bus.stay();
    void bus.ended.then(() => (this.#bus = undefined));
    return bus;
  }

  #onSignal({ interface: of, member, body: [id] }: DbusMessage): void {
    if (of !== NOTIFICATIONS || !this.#shown.has(id)) return;
    if (member === 'ActionInvoked') this.#options.onClick();
    if (member === 'NotificationClosed') this.#shown.delete(id);
  }
}

function notifyCall({ title, body, isFailure }: Notice): DbusCall {
  const hints = dictionary({
    urgency: variant('y', isFailure ? NORMAL : LOW),
    'desktop-entry': variant('s', 'studio-worker'),
    'image-data': variant('(iiibiiay)', image(isFailure)),
  });
  return {
    destination: NOTIFICATIONS,
    path: '/org/freedesktop/Notifications',
    interface: NOTIFICATIONS,
    member: 'Notify',
    startsService: true, // some desktops have the service only once it is called
    signature: 'susssasa{sv}i',
    body: ['studio-worker', 0, '', title, plain(body), ['default', 'Open'], hints, DEFAULT_TIMEOUT],
  };
}

/** The body may hold a few tags of HTML, which a model's name or a reason does not mean. */
const plain = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Width, height, bytes of a row, opacity, bits, channels, and the pixels, opacity last. */
function image(isFailure: boolean): readonly (number | boolean | Uint8Array)[] {
  const { size, argb } = pixmapsOf(isFailure ? 'disconnected' : 'idle').at(-1) ?? { size: 0, argb: new Uint8Array() };
  const rgba = new Uint8Array(argb.length);
  for (let at = 0; at < argb.length; at += 4) {
    rgba.set(argb.subarray(at + 1, at + 4), at);
    rgba[at + 3] = argb[at] ?? 0;
  }
  return [size, size, size * 4, true, 8, 4, rgba];
}
