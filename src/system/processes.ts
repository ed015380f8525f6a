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
