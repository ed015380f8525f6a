import { type Bus, BUS, openBus } from '../../../src/system/dbus/bus.ts';
import type { DbusMessage } from '../../../src/system/dbus/message.ts';
import { type DbusValue, type DbusVariant, isVariant, listOf, textOf } from '../../../src/system/dbus/values.ts';
import { pixmapsOf } from '../../../src/system/desktop/tray/icons.ts';
import { TRAY_ICONS, type TrayIcon } from '../../../src/system/desktop/tray/tray.ts';
import { systemClock } from '../../../src/system/clock.ts';

const WATCHER = 'org.kde.StatusNotifierWatcher';
const ITEM = { path: '/StatusNotifierItem', interface: 'org.kde.StatusNotifierItem' } as const;
const MENU = { path: '/MenuBar', interface: 'com.canonical.dbusmenu' } as const;

/** What a desktop with a tray does: it takes icons, reads them when they change, and passes clicks on. */
export interface TrayWatcher extends Disposable {
  /** The names that registered, in their order. */
  readonly registered: readonly string[];
  /** Signals of icons and menus, by name. */
  readonly signals: readonly string[];
  icon(): Promise<TrayIcon | undefined>;
  property(name: string): Promise<DbusValue | undefined>;
  menu(): Promise<readonly MenuLine[]>;
  /** Clicks on the line that begins so. */
  choose(label: string): Promise<void>;
  activate(): Promise<void>;
}

export interface MenuLine {
  readonly id: number;
  readonly label: string;
  readonly enabled: boolean;
}

export async function trayWatcher(path: string): Promise<TrayWatcher> {
  const registered: string[] = [];
  const signals: string[] = [];
  const bus = await openBus(path, {
    clock: systemClock,
    limitMs: 5_000,
    onSignal: ({ member, interface: of }) => void (of.startsWith('org.freedesktop') || signals.push(member)),
    answer: ({ member, body }: DbusMessage) => {
      if (member !== 'RegisterStatusNotifierItem') return undefined;
      registered.push(textOf(body[0]));
      return { signature: '', body: [] };
    },
  });
  bus.stay();
  for (const { interface: of } of [ITEM, MENU]) {
    await bus.call({ ...BUS, member: 'AddMatch', signature: 's', body: [`type='signal',interface='${of}'`] });
  }
  await bus.call({ ...BUS, member: 'RequestName', signature: 'su', body: [WATCHER, 0] });
  return { registered, signals, ...readerOf(bus, () => registered.at(-1) ?? '') };
}

function readerOf(bus: Bus, owner: () => string): Omit<TrayWatcher, 'registered' | 'signals'> {
  const property = async (name: string): Promise<DbusValue | undefined> => {
    const [value] = await bus.call({
      ...ITEM,
      destination: owner(),
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body: [ITEM.interface, name],
    });
    return isVariant(value) ? value.value : undefined;
  };
  const menu = async (): Promise<readonly MenuLine[]> => {
    const call = { ...MENU, destination: owner(), member: 'GetLayout', signature: 'iias', body: [0, -1, []] };
    const [, layout] = await bus.call(call);
    return listOf(listOf(layout)[2]).map((child) => lineOf(listOf((child as DbusVariant).value)));
  };
  return {
    property,
    menu,
    async icon() {
      const [[, , argb] = []] = listOf(await property('IconPixmap')).map(listOf);
      return TRAY_ICONS.find((icon) => Buffer.from(pixmapsOf(icon)[0]!.argb).equals(argb as Uint8Array));
    },
    async choose(label) {
      const { id } = (await menu()).find((line) => line.label.startsWith(label))!;
      const body = [id, 'clicked', { type: 's', value: '' }, 0];
      await bus.call({ ...MENU, destination: owner(), member: 'Event', signature: 'isvu', body });
    },
    async activate() {
      await bus.call({ ...ITEM, destination: owner(), member: 'Activate', signature: 'ii', body: [0, 0] });
    },
    [Symbol.dispose]: () => bus[Symbol.dispose](),
  };
}

function lineOf([id, properties]: readonly DbusValue[]): MenuLine {
  const found = new Map(listOf(properties).map((pair) => [listOf(pair)[0], (listOf(pair)[1] as DbusVariant).value]));
  const isSeparator = found.get('type') === 'separator';
  return {
    id: Number(id),
    label: isSeparator ? '---' : textOf(found.get('label')),
    enabled: found.get('enabled') !== false,
  };
}
