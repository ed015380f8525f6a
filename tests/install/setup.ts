import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { installerWith } from '../../install/installers.ts';
import type { Ended } from '../fakes/run-main.ts';
import { aMachine, type Machine, type RunOptions } from './machine.ts';
import { serveReleases, type ReleaseServer } from './release-server.ts';
import { LINUX, type Release, type ReleaseOptions, TEST_KEYS, WINDOWS, writeRelease } from './release.ts';

export interface Setup extends AsyncDisposable {
  readonly machine: Machine;
  readonly server: ReleaseServer;
  /** The installer as a release ships it, with the keys of these tests. */
  readonly script: string;
  /** What this machine's archives are named for. */
  readonly target: string;
  readonly release: (options?: Partial<ReleaseOptions>) => Promise<Release>;
  /** Runs the installer under a shell, from this server. */
  readonly install: (shell: string, ...args: readonly string[]) => Promise<Ended>;
  /** Starts it, without naming a server; what becomes of it is up to the test. */
  readonly start: (shell: string, options?: RunOptions, ...args: readonly string[]) => ReturnType<Machine['start']>;
}

/** How each shell runs a script, where that takes more than its name. */
export const commandOf = (shell: string): readonly string[] => (shell === 'busybox' ? ['busybox', 'sh'] : [shell]);

/** A machine, a release server with nothing on it yet, and the installer in a file. */
export async function setup(options?: Parameters<typeof aMachine>[0]): Promise<Setup> {
  const machine = await aMachine(options);
  const script = await writeInstaller(machine, 'sh');
  return around(machine, script, LINUX, (shell) => [...commandOf(shell), script]);
}

/**
 * The same for the installer of Windows, in a PowerShell that has stand-ins for what only Windows has. The registry's PATH of
 * the account is the file `user-path` of the machine's folder.
 */
export async function setupWindows(): Promise<Setup> {
  const machine = await aMachine({
    envOf: ({ home, folder }) => ({
      LOCALAPPDATA: join(home, 'AppData', 'Local'),
      APPDATA: join(home, 'AppData', 'Roaming'),
      PROCESSOR_ARCHITECTURE: 'AMD64',
      USER_PATH_FILE: join(folder, 'user-path'),
      XDG_CONFIG_HOME: join(home, 'Documents'), // where PowerShell has its profile
      // Files of PowerShell's own, which would be taken for the installer's.
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_DATA_HOME: join(folder, 'data'),
      POWERSHELL_TELEMETRY_OPTOUT: '1',
    }),
  });
  await machine.add('pwsh', 'dotnet');
  const script = await writeInstaller(machine, 'ps1');
  const standIns = resolve('tests/install/windows-stand-ins.ps1');
  const load = `. '${standIns}'; & '${script}' @args; exit $LASTEXITCODE`;
  const start = join(machine.folder, 'start.ps1');
  await writeFile(start, load);
  return around(machine, script, WINDOWS, (shell) => [shell, '-NoProfile', '-NonInteractive', '-File', start]);
}

async function writeInstaller(machine: Machine, extension: 'sh' | 'ps1'): Promise<string> {
  const script = join(machine.folder, `studio-worker-installer.${extension}`);
  await writeFile(script, installerWith(TEST_KEYS, await Bun.file(`install/install.${extension}`).text()));
  return script;
}

function around(machine: Machine, script: string, target: string, cmd: (shell: string) => readonly string[]): Setup {
  const server = serveReleases();
  return {
    machine,
    server,
    script,
    target,
    release: async (asked) => {
      const version = asked?.version ?? '0.6.0';
      const release = await writeRelease(join(machine.folder, `release-${version}`), { version, target, ...asked });
      server.publish(release);
      return release;
    },
    install: async (shell, ...args) => await machine.run([...cmd(shell), '--base-url', server.url, ...args]),
    start: (shell, options, ...args) =>
      machine.start([...cmd(shell), ...args], {
        ...options,
        env: { STUDIO_WORKER_BASE_URL: server.url, ...options?.env },
      }),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}
