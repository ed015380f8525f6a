import { join } from 'node:path';
import { asLines, type ChildEnvironment, startChild, type StartedChild } from './child.ts';

/** It would turn our own executable, started again, into plain Bun. */
const BUN_MODE = 'BUN_BE_BUN';
/** The way to the service manager, which listens to this process. */
const SERVICE = /^(?:NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID)$/;
/** Variables that hold what only this process has a use for. */
const SECRET = /TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|^SENTRY_DSN$/i;

/** Environment variables by name, secrets among them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables for a program of somebody else: ours without the secrets, and `extra` on top. */
export const childEnvironment = (variables: Variables, extra: ChildEnvironment = {}): ChildEnvironment => ({
  ...keep(variables, (name) => name !== BUN_MODE && !SERVICE.test(name) && !SECRET.test(name)),
  ...extra,
});

/** The variables for another run of this program, which needs the same secrets as this one. */
export const ownEnvironment = (variables: Variables): ChildEnvironment => keep(variables, (name) => name !== BUN_MODE);

function keep(variables: Variables, isKept: (name: string) => boolean): ChildEnvironment {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined && isKept(name)) kept[name] = value;
  return kept;
}

/** A child whose end is waited for. */
export type Child = Pick<StartedChild, 'pid' | 'ended' | 'kill'>;

/** A child that messages are exchanged with: whole values in both directions, as `structuredClone` copies them. */
export interface TalkingChild extends Child {
  /** False when its channel is closed. */
  send(message: unknown): boolean;
  /** Whether this process goes on for as long as the child lives. */
  hold(isHeld: boolean): void;
  /** Ends it at once, and whatever it started. */
  killGroup(): void;
}

export interface TalkingOptions {
  readonly env: ChildEnvironment;
  /** Any value: nothing about it is known yet. */
  readonly onMessage: (message: unknown) => void;
  /** It closed its channel and may live on: no message will come any more. */
  readonly onDisconnect: () => void;
  /** A line of its stderr, cut to a length that is fit for a log. */
  readonly onLine: (line: string) => void;
}

/** Starts programs to exchange messages with. */
export type SpawnTalking = (command: readonly string[], options: TalkingOptions) => TalkingChild;

/** Its stdout goes nowhere: libraries print there, and messages come by the channel. */
export const spawnTalking: SpawnTalking = (command, { env, onMessage, onDisconnect, onLine }) => {
  const child = startChild(command, {
    env,
    stdout: 'ignore',
    stderr: asLines(onLine),
    channel: { onMessage, onClose: onDisconnect },
  });
  return { ...child, killGroup: () => child.killGroup('SIGKILL') };
};

/** The same for one whose stderr goes nowhere as well: while it is not held, nothing of it keeps this process. */
export const spawnUnheard: SpawnTalking = (command, { env, onMessage, onDisconnect }) => {
  const channel = { onMessage, onClose: onDisconnect };
  const child = startChild(command, { env, stdout: 'ignore', stderr: 'ignore', channel });
  return { ...child, killGroup: () => child.killGroup('SIGKILL') };
};

/** Our own variables, to be filtered before a child gets them. */
export const ourVariables = (): Variables => process.env;

/** This program as a command: the executable alone, or Bun with our first file in a checkout. */
export const ownCommand = (): readonly string[] =>
  Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, join(import.meta.dir, '../..', 'main.ts')];
