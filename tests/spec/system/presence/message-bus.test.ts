import { expect, test } from 'bun:test';
import { type Environment, readEnvironment } from '../../../../src/system/environment.ts';
import { linuxSources } from '../../../../src/system/presence/linux.ts';
import { firstOf, type PresenceReading } from '../../../../src/system/presence/presence.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { type DbusMethod, dbusService } from '../../../fakes/system/dbus-service.ts';
import { needs } from '../../../needs.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const MUTTER = 'org.gnome.Mutter.IdleMonitor';
const SCREEN_SAVER = 'org.freedesktop.ScreenSaver';
const LOGIND = 'org.freedesktop.login1';
const NOW = Date.UTC(2026, 4, 25, 12);

/** A real session bus, which stands for the system's as well, and desktops without an X server. */
async function setup(services: Readonly<Record<string, DbusMethod>>) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const path = folder.at('bus');
  const daemon = Bun.spawn(['dbus-daemon', '--session', '--nofork', '--print-address', `--address=unix:path=${path}`], {
    stdout: 'pipe',
    stderr: 'ignore',
  });
  stack.defer(async () => {
    daemon.kill();
    await daemon.exited;
  });
  const { value } = await daemon.stdout.getReader().read();
  const address = Buffer.from(value ?? [])
    .toString()
    .trim();
  for (const [name, method] of Object.entries(services)) stack.use(await dbusService(path, name, method));
  const read = (variables: Readonly<Record<string, string>> = {}): Promise<PresenceReading> => {
    const all: Readonly<Record<string, string>> = {
      DBUS_SESSION_BUS_ADDRESS: address,
      DBUS_SYSTEM_BUS_ADDRESS: address,
      ...variables,
    };
    const environment: Environment = { ...readEnvironment(), get: (name) => all[name] };
    return firstOf(linuxSources(environment, { clock: { ...systemClock, now: () => NOW }, limitMs: 5_000 })).read();
  };
  return { read, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const dbusTest = needs('dbus-daemon');

dbusTest('the idle time comes from Mutter, although a screen saver would answer', async () => {
  await using bus = await setup({
    [MUTTER]: (member) => (member === 'GetIdletime' ? ['t', 5_000_000_000] : undefined),
    [SCREEN_SAVER]: () => ['u', 1],
  });
  expect(await bus.read()).toEqual({ is: 'known', idleMs: 5_000_000_000, source: 'Mutter' });
});

dbusTest('without Mutter the idle time comes from the screen saver service', async () => {
  await using bus = await setup({
    [SCREEN_SAVER]: (member) => (member === 'GetSessionIdleTime' ? ['u', 121_000] : undefined),
  });
  expect(await bus.read()).toEqual({ is: 'known', idleMs: 121_000, source: 'ScreenSaver' });
});

dbusTest('a machine that logind calls idle is idle since the time it gives', async () => {
  const properties: Readonly<Record<string, ReturnType<DbusMethod>>> = {
    IdleHint: ['v', ['b', true]],
    IdleSinceHint: ['v', ['t', (NOW - 180_000) * 1000]],
  };
  await using bus = await setup({
    [LOGIND]: (member, [of, name = '']) =>
      member === 'Get' && of === 'org.freedesktop.login1.Manager' ? properties[name] : undefined,
  });
  expect(await bus.read()).toEqual({ is: 'known', idleMs: 180_000, source: 'logind' });
});

dbusTest('presence stays unknown while no service answers, each with its reason', async () => {
  await using bus = await setup({
    [MUTTER]: () => ['s', 'soon'],
    [SCREEN_SAVER]: () => undefined,
    [LOGIND]: () => ['v', ['b', false]],
  });
  expect(await bus.read()).toEqual({
    is: 'unknown',
    reasons: [
      'X11: DISPLAY names no display of this machine',
      'Mutter: answers with something else',
      'ScreenSaver: org.example.Error.None',
      'logind: nothing has reported to it that this machine is idle',
    ],
  });
});

dbusTest('a missing D-Bus service is named and not started', async () => {
  await using bus = await setup({});
  const reading = await bus.read({ WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0' });
  expect(reading).toEqual({
    is: 'unknown',
    reasons: [
      'X11: this is a Wayland session, whose input X11 does not see',
      'Mutter: org.freedesktop.DBus.Error.NameHasNoOwner',
      'ScreenSaver: org.freedesktop.DBus.Error.NameHasNoOwner',
      'logind: org.freedesktop.DBus.Error.NameHasNoOwner',
    ],
  });
});

test('a machine without a message bus and a display has an unknown presence', async () => {
  const environment: Environment = {
    ...readEnvironment(),
    get: (name) => (name === 'DBUS_SYSTEM_BUS_ADDRESS' ? 'tcp:host=localhost' : undefined),
  };
  const reading = await firstOf(linuxSources(environment, { clock: systemClock, limitMs: 5_000 })).read();
  expect(reading).toEqual({
    is: 'unknown',
    reasons: [
      'X11: DISPLAY names no display of this machine',
      'Mutter: there is no message bus',
      'ScreenSaver: there is no message bus',
      'logind: there is no message bus',
    ],
  });
});
