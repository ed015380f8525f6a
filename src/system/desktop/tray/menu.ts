import type { DbusInterface, DbusMethod } from '../../dbus/objects.ts';
import { type DbusValue, type DbusVariant, dictionary, listOf, textOf, variant } from '../../dbus/values.ts';
import type { TrayMenuItem } from './tray.ts';

export const MENU = 'com.canonical.dbusmenu';

interface MenuOptions {
  readonly items: () => readonly TrayMenuItem[];
  /** Counts up with each change of them. */
  readonly revision: () => number;
  readonly onAction: (action: string) => void;
}

const ROOT = 0;
/** Lines that do something have ids below these, which belong to the others by their place. */
const FIRST_PLAIN_ID = 1000;

/** The menu as hosts read it (com.canonical.dbusmenu). */
export function trayMenu({ items, revision, onAction }: MenuOptions): DbusInterface {
  const lines = new MenuLines(items);
  const clicked = ([id, kind]: readonly DbusValue[]): void => {
    const item = lines.find(id);
    if (kind === 'clicked' && item?.is === 'line' && item.enabled && item.action !== undefined) onAction(item.action);
  };
  return {
    name: MENU,
    signals: { LayoutUpdated: 'ui', ItemsPropertiesUpdated: 'a(ia{sv})a(ias)' },
    properties: () => ({
      Version: variant('u', 3),
      Status: variant('s', 'normal'),
      TextDirection: variant('s', 'ltr'),
      IconThemePath: variant('as', []),
    }),
    methods: {
      GetLayout: method('iias', 'u(ia{sv}av)', ([id, depth]) => [revision(), lines.layout(id, depth)]),
      GetGroupProperties: method('aias', 'a(ia{sv})', ([ids]) => [
        listOf(ids).map((id) => [id, dictionary(lines.propertiesOf(id))]),
      ]),
      GetProperty: method('is', 'v', ([id, name]) => [lines.propertiesOf(id)[textOf(name)] ?? variant('s', '')]),
      Event: method('isvu', '', (event) => {
        clicked(event);
        return [];
      }),
      EventGroup: method('a(isvu)', 'ai', ([events]) => {
        for (const event of listOf(events)) clicked(listOf(event));
        return [[]];
      }),
      AboutToShow: method('i', 'b', () => [false]),
      AboutToShowGroup: method('ai', 'aiai', () => [[], []]),
    },
  };
}

const method = (takes: string, gives: string, call: DbusMethod['call']): DbusMethod => ({ takes, gives, call });

/** The lines of a menu by their id, which each keeps when others come or go: a click may be meant for an older layout. */
class MenuLines {
  readonly #items: () => readonly TrayMenuItem[];
  readonly #ids = new Map<string, number>();

  constructor(items: () => readonly TrayMenuItem[]) {
    this.#items = items;
  }

  find(id: DbusValue | undefined): TrayMenuItem | undefined {
    return this.#items().find((item, index) => this.#idOf(item, index) === id);
  }

  propertiesOf(id: DbusValue | undefined): Readonly<Record<string, DbusVariant>> {
    const item = this.find(id);
    return item === undefined ? { 'children-display': variant('s', 'submenu') } : lineProperties(item);
  }

  layout(id: DbusValue | undefined, depth: DbusValue | undefined): DbusValue {
    const children = id === ROOT && depth !== 0 ? this.#items() : [];
    const below = children.map((item, index) =>
      variant('(ia{sv}av)', [this.#idOf(item, index), dictionary(lineProperties(item)), []]),
    );
    return [id ?? ROOT, dictionary(this.propertiesOf(id)), below];
  }

  #idOf(item: TrayMenuItem, index: number): number {
    if (item.is === 'separator' || item.action === undefined) return FIRST_PLAIN_ID + index;
    const id = this.#ids.get(item.action) ?? this.#ids.size + 1;
    this.#ids.set(item.action, id);
    return id;
  }
}

function lineProperties(item: TrayMenuItem): Readonly<Record<string, DbusVariant>> {
  if (item.is === 'separator') return { type: variant('s', 'separator') };
  // A single underscore would mark the next letter as the line's key.
  return { label: variant('s', item.label.replaceAll('_', '__')), enabled: variant('b', item.enabled) };
}
