import { existsSync } from 'node:fs';
import { MIB } from '../../base/units.ts';
import { xdgFolder } from '../../base/process/xdg.ts';
import type { AskProgram } from './ask-program.ts';
import type { ChildEnvironment } from './child.ts';

/** A ceiling as systemd writes it. */
export interface MemoryProperties {
  /** From here on the kernel slows a process down and takes back what it can. */
  readonly MemoryHigh: string;
  /** Beyond this it ends one. */
  readonly MemoryMax: string;
}

const MIB_PER_GIB = 1024;
const HIGH_SHARE = 0.9;

const highMib = (gib: number): number => Math.floor(gib * MIB_PER_GIB * HIGH_SHARE);

/** The properties of a ceiling in GiB (studio contract, login entry). */
export const memoryProperties = (gib: number): MemoryProperties => ({
  MemoryHigh: `${highMib(gib)}M`,
  MemoryMax: `${gib}G`,
});

/** Has the kernel hold processes to a ceiling, by the service manager of this account. */
export interface MemoryScopes {
  /** Moves a process, with all it starts from now on, under a ceiling in GiB. False where nobody offers that. */
  put(pid: number, gib: number): Promise<boolean>;
  /** Gives a process that was put there another ceiling. */
  change(pid: number, gib: number): Promise<void>;
}

export interface MemoryScopesOptions {
  readonly ask: AskProgram;
  readonly env: ChildEnvironment;
  readonly platform: NodeJS.Platform;
}

/** A healthy manager answers in milliseconds. */
const LIMIT_MS = 5_000;

const scopeOf = (pid: number): string => `studio-worker-engine-${pid}.scope`;

/** Scopes of systemd: one for each process, gone with it (org.freedesktop.systemd1(5), systemd.resource-control(5)). */
export function createMemoryScopes({ ask, env, platform }: MemoryScopesOptions): MemoryScopes {
  const hasManager = (): boolean => {
    const folder = xdgFolder((name) => env[name], 'XDG_RUNTIME_DIR');
    return platform === 'linux' && folder !== undefined && existsSync(`${folder}/systemd/private`);
  };
  const succeeds = async (command: readonly string[]): Promise<boolean> => {
    try {
      const { end } = await ask(command, { env, limitMs: LIMIT_MS });
      return end.is === 'exited' && end.code === 0;
    } catch {
      return false; // there is no such program: whoever asked watches the process instead
    }
  };
  return {
    put: async (pid, gib) => hasManager() && (await succeeds(startCommand(pid, gib))),
    async change(pid, gib) {
      const properties = Object.entries(memoryProperties(gib)).map(([name, value]) => `${name}=${value}`);
      await succeeds(['systemctl', '--user', 'set-property', '--runtime', scopeOf(pid), ...properties]);
    },
  };
}

const MANAGER = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];

/** `StartTransientUnit`: a name, what to do about a unit of that name, properties, and no further units. */
function startCommand(pid: number, gib: number): readonly string[] {
  const properties = [
    ['PIDs', 'au', '1', String(pid)],
    ['MemoryHigh', 't', String(highMib(gib) * MIB)],
    ['MemoryMax', 't', String(gib * MIB_PER_GIB * MIB)],
    ['CollectMode', 's', 'inactive-or-failed'],
  ];
  const call = ['busctl', '--user', '--quiet', 'call', ...MANAGER, 'StartTransientUnit', 'ssa(sv)a(sa(sv))'];
  return [...call, scopeOf(pid), 'fail', String(properties.length), ...properties.flat(), '0'];
}
