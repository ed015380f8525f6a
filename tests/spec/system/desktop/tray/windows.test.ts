import { expect, setDefaultTimeout, test } from 'bun:test';
import {
  iconEvent,
  type IconEvent,
  iconResource,
  notifyIconData,
  wide,
} from '../../../../../src/system/desktop/tray/windows/layout.ts';
import type { Shell } from '../../../../../src/system/desktop/tray/windows/shell.ts';
import { openWindowsTray } from '../../../../../src/system/desktop/tray/windows/windows.ts';
import type { TrayLook } from '../../../../../src/system/desktop/tray/tray.ts';
import { SkippingClock } from '../../../../fakes/system/skipping-clock.ts';
import { TEST_MS, waitFor } from '../../../../flow/wait-for.ts';

setDefaultTimeout(TEST_MS);

const IDLE: TrayLook = {
  icon: 'idle',
  title: 'studio-worker: idle',
  text: '',
  menu: [{ is: 'separator' }, { is: 'line', label: 'Pause', action: 'pause', enabled: true }],
};

/** The tray of a Windows whose Explorer comes and goes. */
class Explorer implements Shell {
  isThere = true;
  isClosed = false;
  readonly shown: string[] = [];
  readonly done: IconEvent[] = [];
  show(icon: string, tip: string): boolean {
    if (this.isThere) this.shown.push(`${icon} ${tip}`);
    return this.isThere;
  }
  next(): IconEvent | undefined {
    return this.done.shift();
  }
  choose(menu: TrayLook['menu']): string | undefined {
    const line = menu.at(-1);
    return line?.is === 'line' ? line.action : undefined;
  }
  [Symbol.dispose](): void {
    this.isClosed = true;
  }
}

function setup(open?: () => Promise<Shell>) {
  const explorer = new Explorer();
  const told: unknown[] = [];
  const clock = new SkippingClock();
  const tray = openWindowsTray({
    clock,
    look: IDLE,
    onAction: (action) => void told.push(action),
    onActivate: () => void told.push('activate'),
    onShown: (isShown, because) => void told.push([isShown, because]),
    open: open ?? (() => Promise.resolve(explorer)),
  });
  const until = (what: string, fact: () => boolean) =>
    waitFor(what, fact, () => JSON.stringify({ told, shown: explorer.shown }));
  return { tray, explorer, told, clock, until, [Symbol.asyncDispose]: () => tray[Symbol.asyncDispose]() };
}

test('an icon of Windows follows the look and is taken away at the end', async () => {
  const { tray, explorer, told, until } = setup();
  await until('the icon', () => explorer.shown.length === 1);
  tray.show({ ...IDLE, icon: 'busy', title: 'studio-worker: busy', text: 'image job' });
  await until('the new look', () => explorer.shown.length === 2);
  await tray[Symbol.asyncDispose]();
  expect(explorer.shown).toEqual(['idle studio-worker: idle', 'busy studio-worker: busy\nimage job']);
  expect([told, explorer.isClosed]).toEqual([[[true, '']], true]);
});

test('a click opens the window, and a line of the menu acts', async () => {
  await using it = setup();
  it.explorer.done.push({ is: 'activate', x: 1, y: 2 }, { is: 'menu', x: 1, y: 2 });
  await it.until('both', () => it.told.length === 3);
  expect(it.told).toEqual([[true, ''], 'activate', 'pause']);
});

test('an icon returns when Explorer starts again', async () => {
  await using it = setup();
  await it.until('the icon', () => it.told.length === 1);
  it.explorer.isThere = false;
  it.clock.skip(5_000);
  await it.until('its end', () => it.told.length === 2);
  it.explorer.isThere = true;
  it.clock.skip(5_000);
  await it.until('its return', () => it.told.length === 3);
  expect(it.told).toEqual([
    [true, ''],
    [false, 'Windows has no tray to show it in'],
    [true, ''],
  ]);
});

test('a session without windows has no icon, and says why', async () => {
  await using it = setup(() => Promise.reject(new Error('no window')));
  await it.until('the reason', () => it.told.length === 1);
  expect(it.told).toEqual([[false, 'no window']]);
});

test('a text too long for a tip is cut between two characters', () => {
  const tip = (text: string): string => {
    const data = notifyIconData({ window: 1n, icon: 2n, tip: text });
    return Buffer.from(data.subarray(40, 296)).toString('utf16le').split('\0')[0] ?? '';
  };
  expect(tip('a'.repeat(200))).toBe('a'.repeat(127));
  expect(tip(`${'a'.repeat(126)}😀`)).toBe('a'.repeat(126));
  expect(tip('ä✓')).toBe('ä✓');
});

test('an icon is stored from its lowest row, blue first', () => {
  const argb = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  const data = iconResource({ size: 2, argb });
  expect([...data.subarray(40, 56)]).toEqual([12, 11, 10, 9, 16, 15, 14, 13, 4, 3, 2, 1, 8, 7, 6, 5]);
  expect(data.byteLength).toBe(40 + 16 + 8);
});

test.each<[string, number, number, number, IconEvent | undefined]>([
  ['a click', 0x8001, 0x400, 0xfffe_0010, { is: 'activate', x: 16, y: -2 }],
  ['the keyboard', 0x8001, 0x401, 0, { is: 'activate', x: 0, y: 0 }],
  ['a right click', 0x8001, 0x1_007b, 0x0020_0010, { is: 'menu', x: 16, y: 32 }],
  ['a pointer that moves', 0x8001, 0x200, 0, undefined],
  ['another message', 0x113, 0x400, 0, undefined],
])('%s is read from the message of Windows', (_title, message, lParam, wParam, event) => {
  const data = new DataView(new ArrayBuffer(48));
  data.setUint32(8, message, true);
  data.setUint32(16, wParam, true);
  data.setUint32(24, lParam, true);
  expect(iconEvent(new Uint8Array(data.buffer))).toEqual(event);
});

test('a text for Windows ends with a zero', () => {
  expect([...wide('é')]).toEqual([0xe9, 0, 0, 0]);
});
