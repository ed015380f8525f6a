import { join } from 'node:path';
import { asLines, type ChildEnvironment, startChild, type StartedChild } from './child.ts';

/** It would turn our own executable, started again, into plain Bun. */
const BUN_MODE = 'BUN_BE_BUN';

/** What any program needs to find its files, its account and its language. */
const SYSTEM = [
  'PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\\w+|TZ|TMPDIR|TEMP|TMP|TERM|LD_LIBRARY_PATH|DYLD_\\w+',
  'XDG_\\w+|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|SSL_CERT_(?:FILE|DIR)',
  'SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|OS|COMPUTERNAME|USERNAME|USERDOMAIN|USERPROFILE|HOMEDRIVE|HOMEPATH',
  'APPDATA|LOCALAPPDATA|ALLUSERSPROFILE|PUBLIC|(?:COMMON)?PROGRAM(?:DATA|FILES(?:\\(X86\\))?|W6432)|PSMODULEPATH',
  'NUMBER_OF_PROCESSORS|PROCESSOR_\\w+|DRIVERDATA',
];
/** What chooses and tunes GPUs, threads and memory in the libraries of the engines and in their drivers. */
const TUNING = [
  'CUDA|NVIDIA|NV|HIP|HSA|ROCM|ROCR|AMD|RADV|GPU|VK|MESA|DRI|LIBGL|__GLX?|__EGL|__NV|SYCL|ONEAPI|ZE|ZES|MTL|METAL',
  'GGML|LLAMA|NODE_LLAMA_CPP|ORT|OMP|GOMP|KMP|OPENBLAS|MKL|MALLOC|VIPS|ESPEAK|LIBVA',
];
/** Ours that name a place, which an engine in a child looks for itself. */
const PLACES = 'STUDIO_WORKER_(?:CACHE_DIR|ESPEAK_NG|FFMPEG|SD_CLI)';
/** Whatever else a name begins with, this is nothing for a program of somebody else. */
const SECRET = /TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY/i;
/** Windows does not tell the cases of a name apart. */
const ALLOWED = new RegExp(`^(?:${[...SYSTEM, PLACES].join('|')}|(?:${TUNING.join('|')})_\\w+)$`, 'i');

/** Environment variables by name, secrets among them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables for a program of somebody else, and for our own children that run one's libraries: those that are known
 * to be of use to them, and `extra` on top. The rest may hold anything: the address of a database, a proxy's password.
 */
export const childEnvironment = (variables: Variables, extra: ChildEnvironment = {}): ChildEnvironment => ({
  ...keep(variables, (name) => ALLOWED.test(name) && !SECRET.test(name)),
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
export interface IpcChild extends Child {
  /** False when its channel is closed. */
  send(message: unknown): boolean;
  /** Whether this process goes on for as long as the child lives. */
  hold(isHeld: boolean): void;
  /** Ends it at once, and whatever it started. */
  killGroup(): void;
}

export interface IpcOptions {
  readonly env: ChildEnvironment;
  /** Any value: nothing about it is known yet. */
  readonly onMessage: (message: unknown) => void;
  /** It closed its channel but may still run: no more messages will come. */
  readonly onDisconnect: () => void;
  /** A line of its stderr, cut to a length that is fit for a log. */
  readonly onLine: (line: string) => void;
}

/** Starts programs to exchange messages with. */
export type SpawnIpc = (command: readonly string[], options: IpcOptions) => IpcChild;

/** Its stdout goes nowhere: libraries print there, and messages come by the channel. */
export const spawnIpc: SpawnIpc = (command, { env, onMessage, onDisconnect, onLine }) => {
  const child = startChild(command, {
    env,
    stdout: 'ignore',
    stderr: asLines(onLine),
    channel: { onMessage, onClose: onDisconnect },
  });
  return { ...child, killGroup: () => child.killGroup('SIGKILL') };
};

/** The same for one whose stderr goes nowhere as well: while it is not held, nothing of it keeps this process. */
export const spawnIpcWithoutOutput: SpawnIpc = (command, { env, onMessage, onDisconnect }) => {
  const channel = { onMessage, onClose: onDisconnect };
  const child = startChild(command, { env, stdout: 'ignore', stderr: 'ignore', channel });
  return { ...child, killGroup: () => child.killGroup('SIGKILL') };
};

/** Our own variables, to be filtered before a child gets them. */
export const processVariables = (): Variables => process.env;

/** This program as a command: the executable alone, or Bun with our first file in a checkout. */
export const ownCommand = (): readonly string[] =>
  Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, join(import.meta.dir, '../..', 'main.ts')];
