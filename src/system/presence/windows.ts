import { type IdleSource, noIdleTime } from './source.ts';

/** What Windows knows of the session that this process runs in. */
export interface WindowsInput {
  /** 0 is where services run, which no person can reach. */
  readonly sessionId: number;
  /** Milliseconds since the start of Windows, in 32 bits. */
  readonly now: number;
  /** The same clock at the last input of this session. */
  readonly lastInput: number;
}

/** By `GetLastInputInfo`. A service receives no input at all, which is not the same as there being none. */
export function windowsSource(read: () => Promise<WindowsInput> = readInput): IdleSource {
  return {
    name: 'GetLastInputInfo',
    async idleMs() {
      const { sessionId, now, lastInput } = await read();
      if (sessionId === 0) throw noIdleTime('a Windows service receives no input; start the worker after logon');
      return ticksBetween(lastInput, now);
    },
  };
}

/** The counter starts at 0 again after 49.7 days. */
export const ticksBetween = (earlier: number, later: number): number => (later - earlier) >>> 0;

async function readInput(): Promise<WindowsInput> {
  const { dlopen, ptr } = await import('bun:ffi');
  const user = dlopen('user32.dll', { GetLastInputInfo: { args: ['ptr'], returns: 'i32' } });
  const kernel = dlopen('kernel32.dll', {
    GetTickCount: { args: [], returns: 'u32' },
    ProcessIdToSessionId: { args: ['u32', 'ptr'], returns: 'i32' },
  });
  try {
    const session = new Uint32Array(1);
    if (kernel.symbols.ProcessIdToSessionId(process.pid, ptr(session)) === 0) throw noIdleTime('no session');
    const info = new Uint32Array([8, 0]); // its own size, then the time
    if (user.symbols.GetLastInputInfo(ptr(info)) === 0) throw noIdleTime('no answer');
    return { sessionId: session[0] ?? 0, now: kernel.symbols.GetTickCount(), lastInput: info[1] ?? 0 };
  } finally {
    user.close();
    kernel.close();
  }
}
