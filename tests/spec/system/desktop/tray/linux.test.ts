import { expect, setDefaultTimeout, test } from 'bun:test';
import { openBusTray } from '../../../../../src/system/desktop/tray/linux.ts';
import { reconnectMs } from '../../../../../src/system/desktop/tray/reconnect.ts';
import type { TrayLook } from '../../../../../src/system/desktop/tray/tray.ts';
import { TEST_MS, waitFor } from '../../../../flow/wait-for.ts';
import { SkippingClock } from '../../../../fakes/system/skipping-clock.ts';
import { type SessionBus, sessionBus } from '../../../../fakes/system/session-bus.ts';
import { type TrayWatcher, trayWatcher } from '../../../../fakes/system/tray-watcher.ts';
import { needs } from '../../../../needs.ts';

setDefaultTimeout(TEST_MS);

const IDLE: TrayLook = {
  icon: 'idle',
  title: 'studio-worker: idle',
  text: 'Waits for jobs',
  menu: [
    { is: 'line', label: 'Idle', enabled: false },
    { is: 'separator' },
    { is: 'line', label: 'Open_window', action: 'open', enabled: true },
    { is: 'line', label: 'Pause', action: 'pause', enabled: true },
  ],
};
const PAUSED: TrayLook = {
  ...IDLE,
  icon: 'paused',
  title: 'studio-worker: paused',
  menu: [IDLE.menu[2]!, { is: 'line', label: 'Resume', action: 'resume', enabled: true }],
};

function setup(bus: SessionBus) {
  const asked: string[] = [];
  const shown: [boolean, string][] = [];
  const clock = new SkippingClock();
  const tray = openBusTray({
    clock,
    paths: [bus.path],
    pid: 4711,
    look: IDLE,
    onAction: (action) => void asked.push(action),
    onActivate: () => void asked.push('activate'),
    onShown: (isShown, because) => void shown.push([isShown, because]),
  });
  const until = (what: string, fact: () => boolean) => waitFor(what, fact, () => JSON.stringify({ asked, shown }));
  const registeredAt = (watcher: TrayWatcher) => until('an icon', () => watcher.registered.length > 0);
  return { tray, asked, shown, clock, until, registeredAt, [Symbol.asyncDispose]: () => tray[Symbol.asyncDispose]() };
}

const dbusTest = needs('dbus-daemon');

dbusTest('a desktop’s tray gets the icon, its text and its menu', async () => {
  await using bus = await sessionBus();
  using watcher = await trayWatcher(bus.path);
  await using worker = setup(bus);
  await worker.registeredAt(watcher);
  expect(watcher.registered).toEqual(['org.kde.StatusNotifierItem-4711-1']);
  expect(await watcher.icon()).toBe('idle');
  expect(await watcher.property('ToolTip')).toEqual(['', [], 'studio-worker: idle', 'Waits for jobs']);
  expect(await watcher.menu()).toEqual([
    { id: 1000, label: 'Idle', enabled: false },
    { id: 1001, label: '---', enabled: true },
    { id: 1, label: 'Open__window', enabled: true },
    { id: 2, label: 'Pause', enabled: true },
  ]);
});

dbusTest('another look is announced, and only what differs of it', async () => {
  await using bus = await sessionBus();
  using watcher = await trayWatcher(bus.path);
  await using worker = setup(bus);
  await worker.registeredAt(watcher);
  worker.tray.show(PAUSED);
  await worker.until('the signals', () => watcher.signals.length === 4);
  expect(watcher.signals).toEqual(['NewIcon', 'NewTitle', 'NewToolTip', 'LayoutUpdated']);
  expect(await watcher.icon()).toBe('paused');
  worker.tray.show(PAUSED);
  worker.tray.show({ ...PAUSED, text: 'Takes no jobs' });
  await worker.until('one more signal', () => watcher.signals.length > 4);
  expect(watcher.signals.slice(4)).toEqual(['NewToolTip']);
});

dbusTest('clicks reach the program, those on a line that is off do not', async () => {
  await using bus = await sessionBus();
  using watcher = await trayWatcher(bus.path);
  await using worker = setup(bus);
  await worker.registeredAt(watcher);
  await watcher.choose('Idle');
  await watcher.choose('Pause');
  await watcher.activate();
  worker.tray.show(PAUSED);
  await watcher.choose('Resume');
  expect(worker.asked).toEqual(['pause', 'activate', 'resume']);
});

dbusTest('the icon returns when the desktop’s tray restarts', async () => {
  await using bus = await sessionBus();
  const first = await trayWatcher(bus.path);
  await using worker = setup(bus);
  await worker.until('the icon to be shown', () => worker.shown.length === 1);
  first[Symbol.dispose]();
  await worker.until('the icon to be gone', () => worker.shown.length === 2);
  worker.tray.show(PAUSED);
  using second = await trayWatcher(bus.path);
  await worker.registeredAt(second);
  expect(await second.icon()).toBe('paused');
  expect(worker.shown.map(([isShown]) => isShown)).toEqual([true, false, true]);
});

dbusTest('the icon returns when the bus restarts', async () => {
  await using bus = await sessionBus();
  await using worker = setup(bus);
  await worker.until('a bus without a tray', () => worker.shown.length === 1);
  await bus.stop();
  await worker.until('the end of the bus', () => worker.shown.length > 1);
  await bus.start();
  using watcher = await trayWatcher(bus.path);
  worker.clock.skip(reconnectMs(1));
  await worker.registeredAt(watcher);
  expect(await watcher.icon()).toBe('idle');
});

dbusTest('tools of the desktop can list what the icon offers', async () => {
  await using bus = await sessionBus();
  using watcher = await trayWatcher(bus.path);
  await using worker = setup(bus);
  await worker.registeredAt(watcher);
  const send = async (path: string, member: string, ...args: readonly string[]): Promise<string> => {
    const to = ['--print-reply', `--dest=${watcher.registered[0]}`, path, member, ...args];
    const child = Bun.spawn(['dbus-send', `--bus=${bus.address}`, ...to], { stdout: 'pipe', stderr: 'pipe' });
    return `${await new Response(child.stdout).text()}${await new Response(child.stderr).text()}`;
  };
  expect(await send('/MenuBar', 'org.freedesktop.DBus.Introspectable.Introspect')).toContain(
    '<method name="GetLayout"><arg type="i" direction="in"/><arg type="i" direction="in"/>',
  );
  const all = await send(
    '/StatusNotifierItem',
    'org.freedesktop.DBus.Properties.GetAll',
    'string:org.kde.StatusNotifierItem',
  );
  expect(all).toContain('string "ApplicationStatus"');
  const property = await send('/MenuBar', 'com.canonical.dbusmenu.GetProperty', 'int32:2', 'string:label');
  expect(property).toContain('variant       string "Pause"');
  expect(await send('/MenuBar', 'org.freedesktop.DBus.Peer.Ping')).toStartWith('method return');
  expect(await send('/Nothing', 'org.example.Missing')).toContain('there is no org.example.Missing at /Nothing');
});

test('waits between two tries grow from a second to a minute', () => {
  expect([1, 2, 3, 7, 60].map(reconnectMs)).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});
