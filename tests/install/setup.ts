import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installerWith } from '../../install/installers.ts';
import { aMachine, type Ended, type Machine } from './machine.ts';
import { serveReleases, type ReleaseServer } from './release-server.ts';
import { LINUX, type Release, type ReleaseOptions, TEST_KEYS, writeRelease } from './release.ts';

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
}

/** How each shell runs a script, where that takes more than its name. */
export const commandOf = (shell: string): readonly string[] => (shell === 'busybox' ? ['busybox', 'sh'] : [shell]);

/** A machine, a release server with nothing on it yet, and the installer in a file. */
export async function setup(options?: Parameters<typeof aMachine>[0]): Promise<Setup> {
  const machine = await aMachine(options);
  const server = serveReleases();
  const script = join(machine.folder, 'studio-worker-installer.sh');
  await writeFile(script, installerWith(TEST_KEYS, await Bun.file('install/install.sh').text()));
  return {
    machine,
    server,
    script,
    target: LINUX,
    release: async (asked) => {
      const version = asked?.version ?? '0.6.0';
      const release = await writeRelease(join(machine.folder, `release-${version}`), { version, ...asked });
      server.publish(release);
      return release;
    },
    install: async (shell, ...args) =>
      await machine.run([...commandOf(shell), script, '--base-url', server.url, ...args]),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}
