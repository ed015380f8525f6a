/** The states that the icon tells apart, each by its shape and its colour. */
export const TRAY_ICONS = ['idle', 'busy', 'paused', 'disconnected'] as const;
export type TrayIcon = (typeof TRAY_ICONS)[number];

/** One line of the menu. `action` names what it does; a line without one only informs. */
export type TrayMenuItem =
  | { readonly is: 'separator' }
  | { readonly is: 'line'; readonly label: string; readonly action?: string; readonly enabled: boolean };

/** Everything that is shown of a tray icon. */
export interface TrayLook {
  readonly icon: TrayIcon;
  readonly title: string;
  /** Below the title, where the desktop shows more of an icon than its picture. */
  readonly text: string;
  readonly menu: readonly TrayMenuItem[];
}

/** An icon of this program in the tray of a desktop. Closing it takes it away. */
export interface Tray extends AsyncDisposable {
  show(look: TrayLook): void;
}

export interface TrayOptions {
  readonly look: TrayLook;
  /** A line of the menu was chosen. */
  readonly onAction: (action: string) => void;
  /** The icon itself was clicked. */
  readonly onActivate: () => void;
  /** It came into a tray, or went out of it; with the reason for that. */
  readonly onShown: (isShown: boolean, because: string) => void;
}

export type OpenTray = (options: TrayOptions) => Tray;
