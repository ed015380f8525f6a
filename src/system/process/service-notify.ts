import type { Environment } from '../environment.ts';

/*
 * What a program tells the service manager that started it: datagrams with lines of `NAME=value`, to a socket that a
 * variable names (sd_notify(3)). The runtime has no unix datagrams, so the C library is called.
 */

/** The way to the service manager. */
export interface ServiceNotify {
  /**
   * Sends assignments in one datagram. Line breaks in a value become blanks, so that foreign text is one value. False
   * when it did not go out, which nobody is to fail for.
   */
  send(assignments: Readonly<Record<string, string | number>>): boolean;
  /** It ends the process unless `WATCHDOG=1` comes at least this often; undefined where it does not watch. */
  readonly watchdogMs: number | undefined;
}

const AF_UNIX = 1;
/** SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK: children do not get it, and a manager that hangs holds nobody up. */
const DATAGRAM = 2 | 0o2000000 | 0o4000;
/** No SIGPIPE. */
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` of Linux. */
const MAX_ADDRESS_BYTES = 108;

/** Opens it; undefined when no service manager asked to be told. */
export async function openServiceNotify({
  platform,
  arch,
  get,
  pid,
}: Pick<Environment, 'platform' | 'arch' | 'get' | 'pid'>): Promise<ServiceNotify | undefined> {
  const address = addressOf(get('NOTIFY_SOCKET') ?? '');
  if (platform !== 'linux' || address === undefined) return undefined;
  const sendTo = await openSocket(arch, address);
  if (sendTo === undefined) return undefined;
  return { send: (assignments) => sendTo(textOf(assignments)), watchdogMs: watchdogMs(get, pid) };
}

const textOf = (assignments: Readonly<Record<string, string | number>>): string =>
  Object.entries(assignments)
    .map(([name, value]) => `${name}=${String(value).replaceAll(/\p{Cc}+/gu, ' ')}\n`)
    .join('');

/** `sockaddr_un`: the family, then a path, or a name after a zero byte where the variable has an `@`. */
function addressOf(named: string): Uint8Array | undefined {
  if (!/^[/@]./.test(named)) return undefined;
  const path = Buffer.from(named);
  if (named.startsWith('@')) path[0] = 0;
  if (path.byteLength >= MAX_ADDRESS_BYTES) return undefined;
  return new Uint8Array([AF_UNIX, 0, ...path]);
}

/** Half of what systemd allows is left for a machine that is busy. */
function watchdogMs(get: Environment['get'], pid: number): number | undefined {
  const micros = Number(get('WATCHDOG_USEC') ?? '');
  const watched = get('WATCHDOG_PID') ?? '';
  const isOurs = watched === '' || Number(watched) === pid;
  return isOurs && Number.isSafeInteger(micros) && micros > 0 ? micros / 1_000 : undefined;
}

async function openSocket(arch: string, address: Uint8Array): Promise<((text: string) => boolean) | undefined> {
  const { dlopen, ptr } = await import('bun:ffi');
  for (const library of ['libc.so.6', `libc.musl-${arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`]) {
    try {
      const libc = dlopen(library, {
        socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
        sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i64' },
      }).symbols;
      const socket = libc.socket(AF_UNIX, DATAGRAM, 0);
      if (socket < 0) return undefined;
      return (text) => {
        const bytes = Buffer.from(text);
        const sent = libc.sendto(socket, ptr(bytes), bytes.byteLength, MSG_NOSIGNAL, ptr(address), address.byteLength);
        return sent === BigInt(bytes.byteLength);
      };
    } catch {
      // glibc and musl go by different names; without either nobody is told
    }
  }
  return undefined;
}
