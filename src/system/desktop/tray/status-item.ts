import type { DbusInterface, DbusMethod } from '../../dbus/objects.ts';
import { type DbusValue, variant } from '../../dbus/values.ts';
import { pixmapsOf } from './icons.ts';
import type { TrayIcon, TrayLook } from './tray.ts';

export const ITEM_PATH = '/StatusNotifierItem';
export const MENU_PATH = '/MenuBar';
/** KDE's specification, by the name that every desktop has for it. */
export const ITEM = 'org.kde.StatusNotifierItem';

interface StatusItemOptions {
  readonly look: () => TrayLook;
  readonly onActivate: () => void;
}

const SIGNALS = { NewTitle: '', NewIcon: '', NewToolTip: '', NewStatus: 's' } as const;

/** The icon as hosts read it (freedesktop.org StatusNotifierItem). */
export function statusItem({ look, onActivate }: StatusItemOptions): DbusInterface {
  const activate: DbusMethod = {
    takes: 'ii',
    gives: '',
    call() {
      onActivate();
      return [];
    },
  };
  const ignored = (takes: string): DbusMethod => ({ takes, gives: '', call: () => [] });
  return {
    name: ITEM,
    signals: SIGNALS,
    methods: {
      Activate: activate,
      SecondaryActivate: activate,
      ContextMenu: ignored('ii'), // hosts show the menu that they are given
      Scroll: ignored('is'),
    },
    properties: () => ({
      Category: variant('s', 'ApplicationStatus'),
      Id: variant('s', 'studio-worker'),
      Title: variant('s', look().title),
      Status: variant('s', 'Active'),
      WindowId: variant('i', 0),
      IconName: variant('s', ''),
      IconThemePath: variant('s', ''),
      IconPixmap: variant('a(iiay)', picture(look().icon)),
      OverlayIconName: variant('s', ''),
      AttentionIconName: variant('s', ''),
      ToolTip: variant('(sa(iiay)ss)', ['', [], look().title, look().text]),
      ItemIsMenu: variant('b', false),
      Menu: variant('o', MENU_PATH),
    }),
  };
}

const picture = (icon: TrayIcon): DbusValue => pixmapsOf(icon).map(({ size, argb }) => [size, size, argb]);

/** The signals after which a host has read the new look. */
export const changedSignals = (from: TrayLook, to: TrayLook): readonly (keyof typeof SIGNALS)[] => [
  ...(from.icon === to.icon ? [] : (['NewIcon'] as const)),
  ...(from.title === to.title ? [] : (['NewTitle'] as const)),
  ...(from.title === to.title && from.text === to.text ? [] : (['NewToolTip'] as const)),
];
