import type { dlopen as dlopenOfBun } from 'bun:ffi';
import { WorkerError } from '../../../../base/errors.ts';
import { pixmapOf } from '../icons.ts';
import type { TrayIcon, TrayMenuItem } from '../tray.ts';
import { iconEvent, type IconEvent, iconResource, MESSAGE_BYTES, notifyIconData, wide } from './layout.ts';

/** The tray of Windows, as far as one icon asks of it. All of it belongs to the thread that opened it. */
export interface Shell extends Disposable {
  /** Shows the icon with this picture and text. False when there is no tray, as while Explorer starts. */
  show(icon: TrayIcon, tip: string): boolean;
  /** What was done to the icon since; undefined when there is nothing more. */
  next(): IconEvent | undefined;
  /** Shows a menu. Returns once a line is chosen or the menu is closed: until then this thread does nothing else. */
  choose(menu: readonly TrayMenuItem[], at: IconEvent): string | undefined;
}

const NIM = { add: 0, modify: 1, remove: 2, setVersion: 4 } as const;
/** WS_EX_TOOLWINDOW: no button in the task bar. */
const TOOL_WINDOW = 0x80;
/** WS_POPUP without WS_VISIBLE. */
const POPUP = 0x80000000;
/** SM_CXSMICON, and what it is where Windows does not say. */
const SMALL_ICON_WIDTH = 49;
const USUAL_ICON_WIDTH = 16;
const PM_REMOVE = 1;
const MF = { string: 0, grayed: 1, separator: 0x800 } as const;
/** TPM_RETURNCMD, TPM_NONOTIFY, TPM_BOTTOMALIGN, TPM_RIGHTBUTTON. */
const RETURNS_CHOICE = 0x100 | 0x80 | 0x20 | 0x2;
/** The version of icon resources that every Windows since 3.0 reads. */
const RESOURCE_VERSION = 0x00030000;
const WM_NULL = 0;

const USER = {
  AppendMenuW: { args: ['u64', 'u32', 'u64', 'ptr'], returns: 'i32' },
  CreateIconFromResourceEx: { args: ['ptr', 'u32', 'i32', 'u32', 'i32', 'i32', 'u32'], returns: 'u64' },
  CreatePopupMenu: { args: [], returns: 'u64' },
  CreateWindowExW: {
    args: ['u32', 'ptr', 'ptr', 'u32', 'i32', 'i32', 'i32', 'i32', 'u64', 'u64', 'u64', 'ptr'],
    returns: 'u64',
  },
  DestroyIcon: { args: ['u64'], returns: 'i32' },
  DestroyMenu: { args: ['u64'], returns: 'i32' },
  DestroyWindow: { args: ['u64'], returns: 'i32' },
  DispatchMessageW: { args: ['ptr'], returns: 'u64' },
  GetSystemMetrics: { args: ['i32'], returns: 'i32' },
  PeekMessageW: { args: ['ptr', 'u64', 'u32', 'u32', 'u32'], returns: 'i32' },
  PostMessageW: { args: ['u64', 'u32', 'u64', 'u64'], returns: 'i32' },
  SetForegroundWindow: { args: ['u64'], returns: 'i32' },
  TrackPopupMenu: { args: ['u64', 'u32', 'i32', 'i32', 'i32', 'u64', 'ptr'], returns: 'i32' },
} as const;
const SHELL = { Shell_NotifyIconW: { args: ['u32', 'ptr'], returns: 'i32' } } as const;

type Dlopen = typeof dlopenOfBun;
type UserCalls = ReturnType<typeof openUser>;
type NotifyCall = ReturnType<typeof openNotify>;

/** @throws WorkerError `native.unavailable` where Windows gives this process no window, as in a session of services */
export async function openShell(): Promise<Shell> {
  const { dlopen } = await import('bun:ffi'); // costs time at start, which only an icon need pay
  return new WindowsShell(openUser(dlopen), openNotify(dlopen));
}

const openUser = (dlopen: Dlopen) => dlopen('user32.dll', USER).symbols;
const openNotify = (dlopen: Dlopen) => dlopen('shell32.dll', SHELL).symbols.Shell_NotifyIconW;

class WindowsShell implements Shell {
  readonly #user: UserCalls;
  readonly #notifyIcon: NotifyCall;
  readonly #window: bigint;
  readonly #icons: Icons;
  readonly #message = new Uint8Array(MESSAGE_BYTES);

  constructor(user: UserCalls, notifyIcon: NotifyCall) {
    this.#user = user;
    this.#notifyIcon = notifyIcon;
    const name = wide('studio-worker tray');
    // A window of a class that Windows brings, so that no function of ours has to be called by it.
    this.#window = user.CreateWindowExW(TOOL_WINDOW, wide('STATIC'), name, POPUP, 0, 0, 0, 0, 0n, 0n, 0n, null);
    if (this.#window === 0n) throw noWindow();
    this.#icons = new Icons(user);
  }

  show(icon: TrayIcon, tip: string): boolean {
    const handle = this.#icons.handle(icon);
    if (this.#notify(NIM.modify, handle, tip)) return true;
    return this.#notify(NIM.add, handle, tip) && this.#notify(NIM.setVersion, handle, tip);
  }

  next(): IconEvent | undefined {
    while (this.#user.PeekMessageW(this.#message, 0n, 0, 0, PM_REMOVE) !== 0) {
      const event = iconEvent(this.#message);
      if (event !== undefined) return event;
      this.#user.DispatchMessageW(this.#message);
    }
    return undefined;
  }

  choose(menu: readonly TrayMenuItem[], { x, y }: IconEvent): string | undefined {
    const user = this.#user;
    const handle = user.CreatePopupMenu();
    for (const [index, item] of menu.entries()) {
      if (item.is === 'separator') user.AppendMenuW(handle, MF.separator, 0n, null);
      else
        user.AppendMenuW(handle, item.enabled ? MF.string : MF.grayed, BigInt(index + 1), wide(menuText(item.label)));
    }
    user.SetForegroundWindow(this.#window); // or a click beside the menu would not close it
    const chosen = user.TrackPopupMenu(handle, RETURNS_CHOICE, x, y, 0, this.#window, null);
    user.PostMessageW(this.#window, WM_NULL, 0n, 0n); // or the next menu would close at once (TrackPopupMenu, remarks)
    user.DestroyMenu(handle);
    const item = menu[chosen - 1];
    return item?.is === 'line' ? item.action : undefined;
  }

  [Symbol.dispose](): void {
    this.#notify(NIM.remove, 0n, '');
    this.#user.DestroyWindow(this.#window);
    this.#icons[Symbol.dispose]();
  }

  #notify(what: number, icon: bigint, tip: string): boolean {
    return this.#notifyIcon(what, notifyIconData({ window: this.#window, icon, tip })) !== 0;
  }
}

const noWindow = (): WorkerError =>
  new WorkerError('native.unavailable', 'Windows gives this process no window', {
    hint: 'Sign in to the desktop, and run `studio-worker ui` there.',
  });

/** An ampersand would underline the letter behind it. */
const menuText = (label: string): string => label.replaceAll('&', '&&');

/** Pictures of the size that the task bar has, each made when it is first shown. */
class Icons implements Disposable {
  readonly #user: UserCalls;
  readonly #size: number;
  readonly #made = new Map<TrayIcon, bigint>();

  constructor(user: UserCalls) {
    this.#user = user;
    this.#size = user.GetSystemMetrics(SMALL_ICON_WIDTH) || USUAL_ICON_WIDTH;
  }

  handle(icon: TrayIcon): bigint {
    const known = this.#made.get(icon);
    if (known !== undefined) return known;
    const data = iconResource(pixmapOf(icon, this.#size));
    const { byteLength } = data;
    const made = this.#user.CreateIconFromResourceEx(data, byteLength, 1, RESOURCE_VERSION, this.#size, this.#size, 0);
    this.#made.set(icon, made);
    return made;
  }

  [Symbol.dispose](): void {
    for (const handle of this.#made.values()) this.#user.DestroyIcon(handle);
  }
}
