import type { Clock } from '../clock.ts';
import { xdgFolder } from '../../base/process/xdg.ts';
import type { Environment } from '../environment.ts';
import { type Bus, openBus, socketPathsOf } from './dbus.ts';
import type { DbusCall } from './dbus-message.ts';
import { type IdleSource, noIdleTime } from './source.ts';
import { x11Source } from './x11.ts';

export interface LinuxOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** For one source. */
  readonly limitMs: number;
}

/** GNOME's own; it sees all input, under X11 as under Wayland. In milliseconds. */
const MUTTER: DbusCall = {
  destination: 'org.gnome.Mutter.IdleMonitor',
  path: '/org/gnome/Mutter/IdleMonitor/Core',
  interface: 'org.gnome.Mutter.IdleMonitor',
  member: 'GetIdletime',
};

/** KDE's and others'; in milliseconds, as those who implement it count. */
const SCREEN_SAVER: DbusCall = {
  destination: 'org.freedesktop.ScreenSaver',
  path: '/org/freedesktop/ScreenSaver',
  interface: 'org.freedesktop.ScreenSaver',
  member: 'GetSessionIdleTime',
};

const LOGIND = 'org.freedesktop.login1';
const MICROSECONDS_PER_MS = 1000;

const logindProperty = (name: string): DbusCall => ({
  destination: LOGIND,
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  args: [`${LOGIND}.Manager`, name],
});

/** In the contract's order, and logind last: it knows of all who are logged in, but often only that they are. */
export function linuxSources(environment: Environment, options: LinuxOptions): readonly IdleSource[] {
  const onSessionBus = (name: string, call: DbusCall): IdleSource => ({
    name,
    async idleMs() {
      using bus = await openFirst(sessionBusPaths(environment.get), options);
      return numberOf(await bus.call(call));
    },
  });
  return [
    x11Source(environment, options),
    onSessionBus('Mutter', MUTTER),
    onSessionBus('ScreenSaver', SCREEN_SAVER),
    {
      name: 'logind',
      async idleMs() {
        using bus = await openFirst(systemBusPaths(environment.get), options);
        const isIdle = await bus.call(logindProperty('IdleHint'));
        // A desktop that never sets the hint looks like one in use: that is no knowledge about a person.
        if (isIdle !== true) throw noIdleTime('nothing has reported to it that this computer is idle');
        const since = numberOf(await bus.call(logindProperty('IdleSinceHint')));
        return options.clock.now() - since / MICROSECONDS_PER_MS;
      },
    },
  ];
}

const sessionBusPaths = (get: Environment['get']): readonly string[] => {
  const address = get('DBUS_SESSION_BUS_ADDRESS') ?? '';
  if (address !== '') return socketPathsOf(address);
  const runtime = xdgFolder(get, 'XDG_RUNTIME_DIR');
  return runtime === undefined ? [] : [`${runtime}/bus`];
};

const systemBusPaths = (get: Environment['get']): readonly string[] =>
  socketPathsOf(get('DBUS_SYSTEM_BUS_ADDRESS') || 'unix:path=/run/dbus/system_bus_socket');

async function openFirst(paths: readonly string[], options: LinuxOptions): Promise<Bus> {
  let failure: unknown = noIdleTime('there is no message bus');
  for (const path of paths) {
    try {
      return await openBus(path, options);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'bigint' && typeof value !== 'number') throw noIdleTime('answers with something else');
  return Number(value);
}
