import type { Clock } from '../clock.ts';
import { sessionBusPaths, systemBusPaths } from '../dbus/address.ts';
import { type Bus, type DbusCall, openFirstBus } from '../dbus/bus.ts';
import { type DbusValue, isVariant } from '../dbus/values.ts';
import type { Environment } from '../environment.ts';
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
  signature: 'ss',
  body: [`${LOGIND}.Manager`, name],
});

/** In the contract's order, and logind last: it knows of all who are logged in, but often only that they are. */
export function linuxSources(environment: Environment, options: LinuxOptions): readonly IdleSource[] {
  const onSessionBus = (name: string, call: DbusCall): IdleSource => ({
    name,
    async idleMs() {
      using bus = await openFirstBus(sessionBusPaths(environment.get), options);
      return numberOf(await answerOf(bus, call));
    },
  });
  return [
    x11Source(environment, options),
    onSessionBus('Mutter', MUTTER),
    onSessionBus('ScreenSaver', SCREEN_SAVER),
    {
      name: 'logind',
      async idleMs() {
        using bus = await openFirstBus(systemBusPaths(environment.get), options);
        const isIdle = await answerOf(bus, logindProperty('IdleHint'));
        // A desktop that never sets the hint looks like one in use: that is no knowledge about a person.
        if (isIdle !== true) throw noIdleTime('nothing has reported to it that this machine is idle');
        const since = numberOf(await answerOf(bus, logindProperty('IdleSinceHint')));
        return options.clock.now() - since / MICROSECONDS_PER_MS;
      },
    },
  ];
}

/** The one value of the answer, a variant unwrapped. */
async function answerOf(bus: Bus, call: DbusCall): Promise<DbusValue | undefined> {
  const [value] = await bus.call(call);
  return isVariant(value) ? value.value : value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'bigint' && typeof value !== 'number') throw noIdleTime('answers with something else');
  return Number(value);
}
