import { join } from 'node:path';

/** It would turn our own executable, started again, into plain Bun. */
const BUN_MODE = 'BUN_BE_BUN';
/** Variables that hold what only this process has a use for. */
const SECRET = /TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|^SENTRY_DSN$/i;

export type Variables = Readonly<Record<string, string | undefined>>;
export type ChildEnvironment = Readonly<Record<string, string>>;

/** The variables for a program of somebody else: ours without the secrets, and `extra` on top. */
export const childEnvironment = (variables: Variables, extra: ChildEnvironment = {}): ChildEnvironment => ({
  ...keep(variables, (name) => name !== BUN_MODE && !SECRET.test(name)),
  ...extra,
});

/** The variables for another run of this program, which needs the same secrets as this one. */
export const ownEnvironment = (variables: Variables): ChildEnvironment => keep(variables, (name) => name !== BUN_MODE);

function keep(variables: Variables, isKept: (name: string) => boolean): ChildEnvironment {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined && isKept(name)) kept[name] = value;
  return kept;
}

/** How a child ended: with a code of its own, or by a signal. */
export type ChildEnd =
  | { readonly is: 'exited'; readonly code: number }
  | { readonly is: 'killed'; /** Its name, or its number where it has none. */ readonly signal: string };

export interface Child {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Nothing happens when it has ended already. */
  kill(signal: NodeJS.Signals): void;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env: ChildEnvironment;
  /** Where what it prints goes: to ours as it comes, or nowhere. */
  readonly output: 'inherit' | 'ignore';
}

/** Starts programs. A command that does not exist throws the system's own error. */
export type Spawn = (command: readonly string[], options: SpawnOptions) => Child;

/** The child gets a process group of its own: keys pressed on our terminal reach us, and we decide what it hears. */
export const spawnChild: Spawn = (command, { cwd, env, output }) => {
  const child = Bun.spawn([...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...env },
    stdio: ['ignore', output, output],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  return {
    pid: child.pid,
    ended: child.exited.then((code) => endOf(code, child.signalCode)),
    kill: (signal) => child.kill(signal),
  };
};

const endOf = (code: number, signal: NodeJS.Signals | number | null): ChildEnd =>
  signal === null ? { is: 'exited', code } : { is: 'killed', signal: String(signal) };

/** A child that is spoken with: whole values in both directions, as `structuredClone` copies them. */
export interface TalkingChild extends Child {
  /** False when it cannot hear any more. */
  send(message: unknown): boolean;
  /** Ends it at once, and whatever it started. */
  killGroup(): void;
}

export interface TalkingOptions {
  readonly env: ChildEnvironment;
  /** Anything it may say: nothing about it is known yet. */
  readonly onMessage: (message: unknown) => void;
  /** It closed the line and may live on: nobody will ever hear of it again. */
  readonly onDeaf: () => void;
  /** A line of its stderr, cut to a length that is fit for a log. */
  readonly onLine: (line: string) => void;
}

/** Starts programs to talk with. */
export type SpawnTalking = (command: readonly string[], options: TalkingOptions) => TalkingChild;

/** Its last words were written before it ended, and are read within this time, unless a grandchild keeps the pipe. */
const LAST_WORDS_MS = 200;

/** Its stdout goes nowhere: libraries print there, and we listen on the line. */
export const spawnTalking: SpawnTalking = (command, { env, onMessage, onDeaf, onLine }) => {
  const child = Bun.spawn([...command], {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: process.platform !== 'win32', // its own process group, see killGroup
    windowsHide: true,
    serialization: 'advanced', // keeps bytes and big integers what they are
    ipc: onMessage,
    onDisconnect: onDeaf,
  });
  const listening = forEachLine(child.stderr, onLine);
  const killGroup = (): void => {
    try {
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    } catch {
      // gone already
    }
  };
  const end = async (): Promise<ChildEnd> => {
    const code = await child.exited;
    killGroup(); // what it started must not outlive it
    await Promise.race([listening, Bun.sleep(LAST_WORDS_MS)]);
    return endOf(code, child.signalCode);
  };
  return {
    pid: child.pid,
    ended: end(),
    kill: (signal) => child.kill(signal),
    killGroup,
    send: (message) => {
      try {
        child.send(message);
        return true;
      } catch {
        return false; // it has ended, or closed the line
      }
    },
  };
};

const MAX_LINE = 500;

/** A flood without a line break is cut as well, so that no child can fill our memory. */
async function forEachLine(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, MAX_LINE));
  }
  if (rest.trim() !== '') onLine(rest);
}

/** Our own variables, to be filtered before a child gets them. */
export const ourVariables = (): Variables => process.env;

/** This program as a command: the executable alone, or Bun with our first file in a checkout. */
export const ownCommand = (): readonly string[] =>
  Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, join(import.meta.dir, '../..', 'main.ts')];
