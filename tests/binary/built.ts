import { readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type BuildOptions, outfileOf } from '../../install/build.ts';
import { endOf } from '../fakes/run-main.ts';
import { assertEndedByItself } from '../fakes/system/left-open.ts';
import { targetOf } from '../../install/targets.ts';

/** Compiling, and packing the native files at the highest level, takes its time on a small machine. */
export const BUILD_LIMIT_MS = 900_000;

/** What the executable is made from. */
const SOURCES = ['src', 'install', 'package.json', 'bun.lock', 'dist-manifest.json'];
const target = targetOf(undefined);
const building = new Map<string, Promise<string>>();

/** Path of the product's executable, built from the sources as they are. */
export const builtBinary = (): Promise<string> => built({ entry: 'src/main.ts', outfile: outfileOf(target) });

/** Path of the executable of `image-program.ts`. */
export const builtImageProgram = (): Promise<string> =>
  built({ entry: 'tests/binary/image-program.ts', outfile: join('dist', 'tests', target.binary), natives: ['sharp'] });

/**
 * Path of the product's executable under another version, and with the keys of another file than `dist-manifest.json`; for this
 * machine unless another system is named, whose native files are compressed less than in a release.
 */
export function builtAs(version: string, distManifest: string, triple?: string): Promise<string> {
  const other = targetOf(triple);
  const folder = [version, Bun.hash(distManifest).toString(36), ...(triple === undefined ? [] : [triple])].join('-');
  return built({
    target: other,
    entry: 'src/main.ts',
    outfile: join('dist', 'tests', folder, other.binary),
    version,
    distManifest,
    ...(triple !== undefined && { zstdLevel: 1 }),
  });
}

/** Path of the product's executable for another system, whose native files are compressed less than in a release. */
export function builtFor(triple: string): Promise<string> {
  const other = targetOf(triple);
  return built({
    target: other,
    entry: 'src/main.ts',
    outfile: join('dist', 'tests', triple, other.binary),
    zstdLevel: 1,
  });
}

/** Builds once for a state of the sources, however many tests ask. */
function built(what: Partial<BuildOptions> & { readonly entry: string; readonly outfile: string }): Promise<string> {
  const { entry, outfile, distManifest = 'dist-manifest.json' } = what;
  const known = building.get(outfile);
  if (known !== undefined) return known;
  const made = isFresh(outfile, [...SOURCES, entry, distManifest])
    ? Promise.resolve(outfile)
    : build({ target, ...what });
  building.set(outfile, made);
  return made;
}

function isFresh(outfile: string, sources: readonly string[]): boolean {
  const builtAt = statSync(outfile, { throwIfNoEntry: false })?.mtimeMs;
  return builtAt !== undefined && sources.flatMap(filesIn).every((path) => statSync(path).mtimeMs < builtAt);
}

function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Alone extends AsyncDisposable {
  /** The executable. */
  readonly path: string;
  /** All the variables it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** An empty folder that the executable is started in. */
  readonly cwd: string;
  /** An empty home, which is also where the cache is. */
  readonly home: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
}

/** An executable alone in a folder: no checkout, no `node_modules`, no home, and no variable but what it is given. */
export async function alone(executable: string): Promise<Alone> {
  const root = await mkdtemp(join(tmpdir(), 'studio-worker-alone-'));
  const [bin, cwd, home] = [join(root, 'bin'), join(root, 'cwd'), join(root, 'home')];
  for (const folder of [bin, cwd, home]) await mkdir(folder);
  const path = join(bin, target.binary);
  await copyFile(executable, path);
  const own = { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), PATH: '/usr/bin:/bin' };
  return {
    path,
    env: own,
    cwd,
    home,
    run: async (args, env = {}) => {
      const child = Bun.spawn([path, ...args], {
        cwd,
        env: { ...own, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { code, out: stdout, err: stderr } = await endOf(child);
      assertEndedByItself(stderr);
      return { code, stdout, stderr };
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
