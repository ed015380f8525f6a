import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOf, type Ended } from '../fakes/run-main.ts';

/** What the installer needs of a system beside a shell and a way to download. */
const BASICS = ['cat', 'chmod', 'cp', 'cut', 'dd', 'find', 'getconf', 'grep', 'head', 'id', 'ln', 'mkdir', 'mv', 'rm'];
const MORE = ['printf', 'rmdir', 'sed', 'sleep', 'sort', 'tail', 'tar', 'uname', 'wc', 'xz'];
const TOOLS = ['curl', 'wget', 'sha256sum', 'shasum', 'openssl', 'minisign', 'prlimit', 'setpriv', 'unshare'];

/** Its xz does not know the filter for programs, which release archives are made with. */
const NOT_IN_BUSYBOX = ['getconf', 'xz'];

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

/** An account on a machine of its own: an empty home with an awkward name, and only the programs that it is said to have. */
export interface Machine extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** The folder of programs, which is its whole PATH. */
  readonly programs: string;
  start(cmd: readonly string[], options?: RunOptions): Bun.Subprocess<'pipe' | Blob, 'pipe', 'pipe'>;
  run(cmd: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Puts programs of this system on the machine. */
  add(...names: readonly string[]): Promise<void>;
  /** Takes programs away. */
  without(...names: readonly string[]): Promise<void>;
  /** Puts a script in the place of a program. */
  replace(name: string, script: string): Promise<void>;
}

export interface MachineOptions {
  /** Everything that an installer could use, or nothing but busybox. */
  readonly userland?: 'debian' | 'busybox';
  /** Variables of the account, by its home and the folder around that. */
  readonly envOf?: (where: { readonly home: string; readonly folder: string }) => Readonly<Record<string, string>>;
}

export async function aMachine({ userland = 'debian', envOf }: MachineOptions = {}): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'studio-worker-install-'));
  await chmod(folder, 0o755);
  const home = join(folder, "Ada's Gerät ☂");
  const programs = join(folder, 'programs');
  await Promise.all([home, programs].map((path) => mkdir(path)));
  const link = async (name: string, to = Bun.which(name)): Promise<void> => {
    if (to !== null) await symlink(to, join(programs, name));
  };
  await Promise.all(['sh', 'dash', 'bash', 'zsh', 'ksh', 'mksh', 'fish', 'busybox'].map((name) => link(name)));
  if (userland === 'debian') await Promise.all([...BASICS, ...MORE, ...TOOLS].map((name) => link(name)));
  else {
    const applets = [...BASICS, ...MORE, 'wget', 'sha256sum'].filter((name) => !NOT_IN_BUSYBOX.includes(name));
    await Promise.all(applets.map((name) => link(name, Bun.which('busybox'))));
    await Promise.all(NOT_IN_BUSYBOX.map((name) => link(name)));
  }
  // Nobody waits before a retry; what is retried, and how often, is the same.
  await rm(join(programs, 'sleep'));
  await symlink('/bin/true', join(programs, 'sleep'));
  const start: Machine['start'] = (cmd, { env = {}, stdin } = {}) =>
    Bun.spawn([...cmd], {
      cwd: folder,
      env: { HOME: home, PATH: programs, TMPDIR: folder, LANG: 'C.UTF-8', ...envOf?.({ home, folder }), ...env },
      stdio: [stdin === undefined ? 'pipe' : new Blob([stdin]), 'pipe', 'pipe'],
      detached: true, // a group of its own, as a terminal gives each command: Ctrl-C reaches all of it and nobody else
    });
  return {
    folder,
    home,
    programs,
    start,
    run: async (cmd, options) => await endOf(start(cmd, options)),
    add: async (...names) => {
      await Promise.all(names.map((name) => link(name)));
    },
    without: async (...names) => {
      await Promise.all(names.map((name) => rm(join(programs, name), { force: true })));
    },
    replace: async (name, script) => {
      await rm(join(programs, name), { force: true });
      await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** Every file, folder and link below a folder, with its mode and its bytes: equal for folders that are byte for byte equal. */
export async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {};
  for (const path of (await readdir(folder, { recursive: true })).toSorted()) {
    const full = join(folder, path);
    const facts = await lstat(full);
    const mode = (facts.mode & 0o7777).toString(8);
    if (facts.isSymbolicLink()) contents[path] = `→ ${await readlink(full)}`;
    else contents[path] = facts.isFile() ? `${mode} ${await readFile(full, 'latin1')}` : mode;
  }
  return contents;
}
