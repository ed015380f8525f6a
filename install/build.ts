/**
 * Compiles the one executable: `bun run build [--target <triple>]`. The other options make one that is not ours, for tests
 * of releases: `--version X`, `--dist-manifest FILE` for other keys and packs, `--entry FILE`, `--outfile FILE`.
 */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkerError } from '../src/base/errors.ts';
import { formatBytes, formatDuration } from '../src/base/units.ts';
import { VERSION } from '../src/base/version.ts';
import type { PayloadName } from '../src/system/native/payloads.ts';
import { atTop } from './at-top.ts';
import { bakedPlugin } from './baked.ts';
import { NATIVE_PACKAGES } from './native-packages.ts';
import { licencesIn, licencesPlugin, modulesIn } from './licences/plugin.ts';
import { nativePlugin } from './native-plugin.ts';
import { originOf } from './origin.ts';
import { pagesPlugin } from './pages.ts';
import { gather, ZSTD_LEVEL } from './payload.ts';
import { createSteps } from './steps.ts';
import { isThisMachine, type Target, targetOf } from './targets.ts';

export interface BuildOptions {
  readonly target: Target;
  readonly entry?: string;
  readonly outfile?: string;
  /** How hard native files are compressed where they are, 1 to 19; a test that waits for the build takes little. */
  readonly zstdLevel?: number;
  /** Another version than `package.json` says. */
  readonly version?: string;
  /** A file in place of the repository's `dist-manifest.json`, with other keys and packs. */
  readonly distManifest?: string;
  /** The native packages that the program loads; all of them unless told otherwise. */
  readonly natives?: readonly PayloadName[];
  /** Receives a line for each step; nobody unless told otherwise. */
  readonly log?: (line: string) => void;
}

const ALL_NATIVES: readonly PayloadName[] = ['sharp', 'ort', 'llama', 'vision', 'whisper'];

/** Where a target's executable ends up: `dist/` for this machine, a folder of its own for others. */
export const outfileOf = (target: Target): string =>
  isThisMachine(target) ? join('dist', target.binary) : join('dist', target.triple, target.binary);

/** Where the licences of what is in an executable are: in the file `NOTICE` in its folder. */
export const noticeBeside = (outfile: string): string => join(dirname(outfile), 'NOTICE');

const SETTINGS = {
  target: 'bun',
  throw: false,
  // A start parses only the chunks it needs, and those were compiled before: 4 ms to `--version` instead of 79.
  splitting: true,
  // Names stay as they are: for an `import()` of a CommonJS package Bun 1.4.5 writes `.then((m) => helper(m.default))`, also
  // where the helper itself was shortened to `m`.
  minify: { whitespace: true, syntax: true, identifiers: false },
  bytecode: true,
  format: 'esm', // the only one that bytecode and splitting both take
  define: { 'process.env.NODE_ENV': '"production"' },
} as const;

/** Else the program would read settings from whatever folder it is started in. */
const ALONE = {
  autoloadDotenv: false,
  autoloadBunfig: false,
  autoloadTsconfig: false,
  autoloadPackageJson: false,
} as const;

/**
 * Builds one executable and returns its path. A file that exists is whole: it is built beside and moved into place,
 * also over one that runs.
 *
 * @throws WorkerError `internal` with what the bundler said
 */
export async function build({
  target,
  entry = 'src/main.ts',
  outfile = outfileOf(target),
  natives = ALL_NATIVES,
  version,
  distManifest,
  zstdLevel = ZSTD_LEVEL,
  log = () => {},
}: BuildOptions): Promise<string> {
  const steps = createSteps(log);
  const folder = join('dist', 'parts', target.triple);
  const parts = await gather({ target, folder, names: natives, zstdLevel, steps });
  const plugin = nativePlugin(natives, parts.payloads);
  const pages = await pagesPlugin();
  const temporary = join(dirname(outfile), `.${process.pid}`, target.binary);
  mkdirSync(dirname(temporary), { recursive: true });
  const where = {
    target: target.bunTarget,
    outfile: resolve(temporary),
    ...(parts.runtime !== undefined && { executablePath: resolve(parts.runtime) }),
  };
  try {
    const bundle = {
      ...SETTINGS,
      entrypoints: [entry],
      external: natives.flatMap((name) => NATIVE_PACKAGES[name].optional ?? []),
      plugins: [plugin, pages, bakedPlugin({ version, distManifest, origin: originOf(target) })],
    };
    // Bundled once to learn what is in it, then with the list of that.
    const licences = await steps.step('licences of what is inside', async () => {
      const modules = modulesIn(await succeeding({ ...bundle, bytecode: false, metafile: true }));
      const found = licencesIn([...modules, ...pages.modules()], parts.packages);
      return { value: found, note: `${found.components.length} components` };
    });
    await steps.step('executable', async () => {
      const plugins = [...bundle.plugins, licencesPlugin(licences)];
      await succeeding({ ...bundle, plugins, compile: { ...ALONE, ...where } });
      return { value: undefined, note: formatBytes(statSync(temporary).size) };
    });
    plugin.assertUsed();
    writeFileSync(noticeBeside(outfile), licences.notice);
    renameSync(temporary, outfile);
  } finally {
    rmSync(dirname(temporary), { recursive: true, force: true });
  }
  return outfile;
}

/** @throws WorkerError `internal` with what the bundler said */
async function succeeding(config: Bun.BuildConfig): Promise<Bun.BuildOutput> {
  const built = await Bun.build(config);
  if (built.success) return built;
  throw new WorkerError('internal', built.logs.map(String).join('\n'));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      version: { type: 'string' },
      entry: { type: 'string' },
      outfile: { type: 'string' },
      'dist-manifest': { type: 'string' },
    },
  });
  const { target: triple, 'dist-manifest': distManifest, ...others } = values;
  const target = targetOf(triple);
  const since = performance.now();
  const path = await build({
    target,
    ...others,
    ...(distManifest !== undefined && { distManifest }),
    log: console.log,
  });
  const size = formatBytes(statSync(path).size);
  const duration = formatDuration(performance.now() - since);
  console.log(`${path}: studio-worker ${others.version ?? VERSION} for ${target.triple}, ${size}, ${duration}`);
}

if (import.meta.main) await atTop(main);
