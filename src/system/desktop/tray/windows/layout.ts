import type { Pixmap } from '../icons.ts';

/*
 * What Windows reads by address, in bytes: the same on x64 and arm64, where a handle has 8 bytes (Windows SDK: shellapi.h,
 * wingdi.h, winuser.h).
 */

/** The message by which Windows tells our window what happens to the icon; from WM_APP on they are ours. */
const ICON_MESSAGE = 0x8001;
/** Its number within our window. */
const ICON_ID = 1;
const NOTIFY_DATA_BYTES = 976;
/** NOTIFYICON_VERSION_4: what the keyboard does is told as well, and where the pointer is. */
const VERSION = 4;
/** NIF_MESSAGE, NIF_ICON, NIF_TIP, and NIF_SHOWTIP, without which version 4 shows no text. */
const HAS_ALL = 0x1 | 0x2 | 0x4 | 0x80;
/** The tip's array has 128 units, the last of which is 0. */
const MAX_TIP_UNITS = 127;

/** A text as Windows reads it: 16 bits a unit, with a 0 at its end. */
export const wide = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`, 'utf16le'));

export interface NotifyIcon {
  /** Handles. */
  readonly window: bigint;
  readonly icon: bigint;
  readonly tip: string;
}

/** NOTIFYICONDATAW: `cbSize` 0, `hWnd` 8, `uID` 16, `uFlags` 20, message 24, `hIcon` 32, `szTip` 40, `uVersion` 816. */
export function notifyIconData({ window, icon, tip }: NotifyIcon): Uint8Array {
  const data = new Uint8Array(NOTIFY_DATA_BYTES);
  const view = new DataView(data.buffer);
  view.setUint32(0, NOTIFY_DATA_BYTES, true);
  view.setBigUint64(8, window, true);
  view.setUint32(16, ICON_ID, true);
  view.setUint32(20, HAS_ALL, true);
  view.setUint32(24, ICON_MESSAGE, true);
  view.setBigUint64(32, icon, true);
  data.set(wide(whole(tip, MAX_TIP_UNITS)), 40);
  view.setUint32(816, VERSION, true);
  return data;
}

/** At most so many units of 16 bits, and no half of a character. */
function whole(text: string, maxUnits: number): string {
  const cut = text.slice(0, maxUnits);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

const BITMAP_HEADER_BYTES = 40;

/**
 * An icon as a resource holds it: BITMAPINFOHEADER with twice the height, rows from the bottom as blue, green, red and
 * opacity, and a mask of one bit a pixel, which nobody reads where there is opacity.
 */
export function iconResource({ size, argb }: Pixmap): Uint8Array {
  const maskRow = Math.ceil(size / 32) * 4;
  const data = new Uint8Array(BITMAP_HEADER_BYTES + size * size * 4 + maskRow * size);
  const view = new DataView(data.buffer);
  view.setUint32(0, BITMAP_HEADER_BYTES, true);
  view.setInt32(4, size, true);
  view.setInt32(8, size * 2, true);
  view.setUint16(12, 1, true);
  view.setUint16(14, 32, true);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const from = (row * size + column) * 4;
      const [opacity = 0, red = 0, green = 0, blue = 0] = argb.subarray(from, from + 4);
      data.set([blue, green, red, opacity], BITMAP_HEADER_BYTES + ((size - 1 - row) * size + column) * 4);
    }
  }
  return data;
}

/** MSG: window 0, message 8, `wParam` 16, `lParam` 24, time 32, pointer 36. */
export const MESSAGE_BYTES = 48;

/** What was done to the icon, and where on the screen. */
export interface IconEvent {
  readonly is: 'activate' | 'menu';
  readonly x: number;
  readonly y: number;
}

/** WM_CONTEXTMENU, and what version 4 has for a click and for the keyboard: NIN_SELECT, NIN_KEYSELECT. */
const EVENTS: ReadonlyMap<number, IconEvent['is']> = new Map([
  [0x7b, 'menu'],
  [0x400, 'activate'],
  [0x401, 'activate'],
]);

/** Undefined for a message that says nothing about the icon, or nothing that we act on. */
export function iconEvent(message: Uint8Array): IconEvent | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(8, true) !== ICON_MESSAGE) return undefined;
  const is = EVENTS.get(view.getUint16(24, true));
  return is && { is, x: view.getInt16(16, true), y: view.getInt16(18, true) };
}
