import { systemClock } from '../clock.ts';

/** What a child gets as its environment: made by `childEnvironment` or `ownEnvironment`, never ours as it is. */
export type ChildEnvironment = Readonly<Record<string, string>>;

/** How a child ended: with a code of its own, or by a signal. */
export type ChildEnd =
  | { readonly is: 'exited'; readonly code: number }
  | {
      readonly is: 'killed';
      /** Its name, or its number where it has none. */
      readonly signal: string;
      /** The ceiling on its memory that it passed, in GiB, if that was why. */
      readonly passedGib?: number;
    };

/** Reads one of a child's outputs until that ends. */
export type OutputReader = (stream: ReadableStream<Uint8Array>) => Promise<void>;
/** Where an output goes: to ours as it comes, nowhere, or to a reader. */
export type OutputTo = 'inherit' | 'ignore' | OutputReader;

export interface StartOptions {
  readonly cwd?: string;
  readonly env: ChildEnvironment;
  readonly stdin?: 'ignore' | 'pipe';
  readonly stdout: OutputTo;
  readonly stderr: OutputTo;
  /** What it started goes on when it has ended, such as a browser behind the program that opens it. */
  readonly leavesOthers?: true;
  /** A channel for whole values in both directions, as `structuredClone` copies them. */
  readonly channel?: { readonly onMessage: (message: unknown) => void; readonly onClose: () => void };
}

/** A process of ours. */
export interface StartedChild {
  readonly pid: number;
  /** Settles when it has ended, what it started is killed, and its output is read. */
  readonly ended: Promise<ChildEnd>;
  /** What it reads; undefined unless its stdin is a pipe. */
  readonly stdin: Bun.FileSink | undefined;
  /** Signals it alone. Nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Signals it and whatever it started. Nothing happens when all of them have ended. */
  killGroup(signal: NodeJS.Signals): void;
  /** False when its channel is closed. */
  send(message: unknown): boolean;
  /** Whether this process goes on for as long as the child lives, which it does until it is told otherwise. */
  hold(isHeld: boolean): void;
}

/** What it wrote last was written before it ended, and is read within this time, unless a grandchild keeps the pipe. */
const DRAIN_MS = 200;

/**
 * Starts a process in a group of its own: keys pressed on our terminal reach us and not it, and it ends with everything
 * that it started.
 *
 * Throws the system's own error when the command cannot be started.
 */
export function startChild(command: readonly string[], options: StartOptions): StartedChild {
  const { cwd, env, stdin = 'ignore', stdout, stderr, channel } = options;
  const child = Bun.spawn([...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...env },
    stdio: [stdin, typeof stdout === 'string' ? stdout : 'pipe', typeof stderr === 'string' ? stderr : 'pipe'],
    detached: process.platform !== 'win32', // its own process group, see killGroup
    windowsHide: true,
    ...(channel !== undefined && {
      serialization: 'advanced', // keeps bytes and big integers what they are
      ipc: channel.onMessage,
      onDisconnect: channel.onClose,
    }),
  });
  const drained = Promise.all([drain(child.stdout, stdout), drain(child.stderr, stderr)]);
  const end = async (): Promise<ChildEnd> => {
    const code = await child.exited;
    if (options.leavesOthers !== true) signalGroup(child, 'SIGKILL'); // what it started must not outlive it
    await within(DRAIN_MS, drained);
    return child.signalCode === null ? { is: 'exited', code } : { is: 'killed', signal: String(child.signalCode) };
  };
  return {
    pid: child.pid,
    ended: end(),
    stdin: typeof child.stdin === 'object' ? child.stdin : undefined,
    kill: (signal) => child.kill(signal),
    killGroup: (signal) => signalGroup(child, signal),
    hold: (isHeld) => (isHeld ? child.ref() : child.unref()),
    send: (message) => {
      try {
        child.send(message);
        return true;
      } catch {
        return false; // it has ended, or closed the channel
      }
    },
  };
}

function signalGroup(child: Pick<Bun.Subprocess, 'pid' | 'kill'>, signal: NodeJS.Signals): void {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // all of them have ended
  }
}

async function drain(stream: ReadableStream<Uint8Array> | number | undefined, to: OutputTo): Promise<void> {
  if (typeof to !== 'string' && typeof stream === 'object') await to(stream);
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const disarm = systemClock.after(limitMs, late.resolve);
  await Promise.race([work, late.promise]).finally(disarm);
}

/** Passes an output on as text, in whatever pieces it comes. */
export const asText =
  (onText: (text: string) => void): OutputReader =>
  async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) onText(decoder.decode(chunk, { stream: true }));
  };

const MAX_LINE = 500;

/**
 * Passes an output on line by line, without empty ones, each cut to a length that is fit for a log. A flood without a
 * line break is cut as well, so that no child can fill our memory.
 */
export const asLines =
  (onLine: (line: string) => void): OutputReader =>
  async (stream) => {
    let rest = '';
    await asText((text) => {
      const lines = (rest + text).split(/[\r\n]+/);
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, MAX_LINE));
    })(stream);
    if (rest.trim() !== '') onLine(rest);
  };
