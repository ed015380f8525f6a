import { xdgFolder } from '../../base/process/xdg.ts';
import type { Environment } from '../environment.ts';

/** The unix sockets that an address of a bus names, the preferred one first. */
export function socketPathsOf(address: string): readonly string[] {
  return address.split(';').flatMap((one) => {
    const [, kind, escaped = ''] = /^unix:(?:[^;]*,)?(path|abstract)=([^,]+)/.exec(one) ?? [];
    if (kind === undefined) return [];
    try {
      const path = decodeURIComponent(escaped);
      return [kind === 'abstract' ? `\0${path}` : path];
    } catch {
      return []; // no address that a bus would print
    }
  });
}

/** Where the bus of this login may be; none where no desktop has one. */
export function sessionBusPaths(get: Environment['get']): readonly string[] {
  const address = get('DBUS_SESSION_BUS_ADDRESS') ?? '';
  if (address !== '') return socketPathsOf(address);
  const runtime = xdgFolder(get, 'XDG_RUNTIME_DIR');
  return runtime === undefined ? [] : [`${runtime}/bus`];
}

/** Where the bus of the whole machine may be. */
export const systemBusPaths = (get: Environment['get']): readonly string[] =>
  socketPathsOf(get('DBUS_SYSTEM_BUS_ADDRESS') || 'unix:path=/run/dbus/system_bus_socket');
