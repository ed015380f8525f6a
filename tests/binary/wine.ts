import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../needs.ts';
import { endOf } from '../fakes/run-main.ts';
import { type Ran, builtFor } from './built.ts';

export const COMPILER = 'x86_64-w64-mingw32-gcc';
/** For tests of the Windows executable on Linux. */
export const onWine = needs('wine', COMPILER);
export const hasWine = Bun.which('wine') !== null && Bun.which(COMPILER) !== null;

/** Wine 8 lacks this library of Windows 10, which Bun takes its randomness from. */
const RANDOM = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
  while (size > 0) {
    ULONG part = size > 65536 ? 65536 : (ULONG)size;
    if (!SystemFunction036(data, part)) return FALSE;
    data += part;
    size -= part;
  }
  return TRUE;
}
`;

/**
 * Wine 8, not Windows: Bun's removal of a folder with its content answers EFAULT there, even for an empty one, so what
 * removes its temporary folder at the end warns of this.
 */
export const ONLY_REMOVAL =
  /^(warning: cannot remove [^\n]*: EFAULT: bad address in system call argument, rm[^\n]*\r?\n)?$/;

/** The Windows executable in a Windows of its own. */
export interface OnWine extends AsyncDisposable {
  /** Where the drive `C:` is. */
  readonly drive: string;
  /** Where the executable is installed. */
  readonly folder: string;
  run(args: readonly string[]): Promise<Ran>;
  start(args: readonly string[]): Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  /** Runs another program there, by its path. */
  runOther(program: string, args: readonly string[]): Promise<Ran>;
}

export const WINDOWS = 'x86_64-pc-windows-msvc';

/** A new Windows with the product, or another executable. It takes some seconds, so tests share one where they can. */
export async function wine({
  executable,
  variables = {},
}: {
  readonly executable?: string;
  /** Those that lead to a screen; without them nothing can be shown. */
  readonly variables?: Readonly<Record<string, string>>;
} = {}): Promise<OnWine> {
  const root = await mkdtemp(join(tmpdir(), 'studio-worker-wine-'));
  const drive = join(root, 'prefix', 'drive_c');
  const program = join(root, 'studio-worker.exe');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    WINEPREFIX: join(root, 'prefix'),
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    ...variables,
  };
  const start = (args: readonly string[]) =>
    Bun.spawn(['wine', ...args], { cwd: drive, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const finish = async (child: ReturnType<typeof start>): Promise<Ran> => {
    const { code, out: stdout, err: stderr } = await endOf(child);
    return { code, stdout: stdout.replaceAll('\r\n', '\n'), stderr };
  };
  await mkdir(drive, { recursive: true });
  await copyFile(executable ?? (await builtFor(WINDOWS)), program);
  await writeFile(join(root, 'random.c'), RANDOM);
  const library = join(root, 'bcryptprimitives.dll');
  const compiled = Bun.spawnSync([COMPILER, '-shared', '-o', library, join(root, 'random.c'), '-ladvapi32']);
  if (compiled.exitCode !== 0) throw new Error(compiled.stderr.toString());
  const version = ['reg', 'add', String.raw`HKCU\Software\Wine`, '/v', 'Version', '/d', 'win10', '/f'];
  const made = await finish(start(version));
  if (made.code !== 0) throw new Error(`wine: ${made.stderr}`);
  await rename(library, join(drive, 'windows', 'system32', 'bcryptprimitives.dll')); // for programs in any folder
  return {
    drive,
    folder: root,
    run: (args) => finish(start([program, ...args])),
    start: (args) => start([program, ...args]),
    runOther: (other, args) => finish(start([other, ...args])),
    [Symbol.asyncDispose]: async () => {
      await Bun.spawn(['wineserver', '-k', '-w'], { env, stdio: ['ignore', 'ignore', 'ignore'] }).exited;
      await rm(root, { recursive: true, force: true });
    },
  };
}
