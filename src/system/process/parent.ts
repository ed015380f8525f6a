import { setPriority } from 'node:os';

/** The process that started this one and exchanges messages with it. */
export interface Parent {
  send(message: unknown): void;
  /** One listener; messages that came before it are kept for it. */
  onMessage(call: (message: unknown) => void): void;
  /** Settles when the channel is closed. */
  readonly gone: Promise<void>;
}

/** Undefined when this process was started without a channel. */
export function connectParent(): Parent | undefined {
  if (process.send === undefined) return undefined;
  const gone = Promise.withResolvers<void>();
  process.on('disconnect', gone.resolve);
  return {
    send: (message) => void process.send?.(message),
    onMessage: (call) => void process.on('message', call),
    gone: gone.promise,
  };
}

/** Linux: the signal to get when the parent ends (prctl(2)). */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
/** ioprio_set(2): this process, best effort, lowest priority. The call has no wrapper in any C library. */
const IOPRIO_SET: Readonly<Partial<Record<string, number>>> = { x64: 251, arm64: 30 };
const WHO_PROCESS = 1;
const LOWEST_PRIORITY = (2 << 13) | 7;

/**
 * Makes this process end with its parent, and lowers its priority: `nice` from 0 to 19.
 *
 * Only Linux can end a process that is busy in native code; elsewhere the closed channel is noticed when the code returns.
 * None of it is worth failing for: what the system refuses is left as it is.
 */
export async function bindToParent(nice: number): Promise<void> {
  try {
    setPriority(nice);
  } catch {
    // a sandbox may forbid it
  }
  if (process.platform !== 'linux') return;
  const { dlopen } = await import('bun:ffi');
  for (const library of ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`]) {
    try {
      const libc = dlopen(library, {
        prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' },
        syscall: { args: ['i64', 'i64', 'i64', 'i64'], returns: 'i64' },
      }).symbols;
      libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      const ioprioSet = IOPRIO_SET[process.arch];
      if (nice > 0 && ioprioSet !== undefined) libc.syscall(ioprioSet, WHO_PROCESS, 0, LOWEST_PRIORITY);
      return;
    } catch {
      // glibc and musl go by different names; without either the closed channel still ends us
    }
  }
}
