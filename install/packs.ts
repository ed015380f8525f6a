/**
 * Packs the binaries for GPUs that a release has beside its executables: `bun install/packs.ts --target <triple>
 * [--pack vulkan]`. Run it before the executables are built: they carry the digests that it writes.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkerError } from '../src/base/errors.ts';
import { formatBytes } from '../src/base/units.ts';
import { atTop } from './at-top.ts';
import { filesIn, NATIVE_FILE, pack, versionOf } from './payload.ts';
import { type Target, targetOf } from './targets.ts';

const MANIFEST = 'dist-manifest.json';
/** The package whose version a scope's binaries have. */
const LIBRARIES: Readonly<Record<string, string>> = {
  '@node-llama-cpp': 'node-llama-cpp',
  '@fugood': '@fugood/llama.node',
};

/** As far as it is read here; the rest of the file stays as it is. */
interface Manifest {
  readonly targets: readonly { readonly triple: string; readonly packs: PackEntry[] }[];
}

/** One pack of one target, before and after it was built. */
export interface PackEntry {
  /** By which people ask for it. */
  readonly name: string;
  /** The kind of device that it is for. */
  readonly flavour: string;
  /** Registry packages whose binaries are in it. */
  readonly packages: readonly string[];
  readonly file: string;
  sha256: string;
  sizeBytes: number;
  unpackedBytes: number;
}

/** A pack in a folder of ours, and what the manifest has to say of it. */
export interface BuiltPack {
  readonly path: string;
  readonly facts: Pick<PackEntry, 'sha256' | 'sizeBytes' | 'unpackedBytes'>;
}

/**
 * Packs the binaries below `modules` in the layout that the engine looks for: a folder for each registry package.
 *
 * @throws WorkerError `internal` when a package has no binaries
 */
export async function buildPack(entry: PackEntry, modules: string, folder: string): Promise<BuiltPack> {
  const files = new Map<string, string>();
  for (const name of entry.packages) {
    const found = binariesOf(join(modules, name));
    if (found.length === 0) throw new WorkerError('internal', `there are no binaries in ${join(modules, name)}`);
    for (const path of found) files.set(posix.join(basename(name), path), join(modules, name, path));
  }
  const path = join(folder, entry.file);
  await pack(files, path);
  const sizes = [...files.values()].map((file) => statSync(file).size);
  return {
    path,
    facts: {
      sha256: new Bun.CryptoHasher('sha256').update(readFileSync(path)).digest('hex'),
      sizeBytes: statSync(path).size,
      unpackedBytes: sizes.reduce((sum, size) => sum + size, 0),
    },
  };
}

/** Paths below a package: its folder `bins`, or what the loader opens where it has none. */
function binariesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const bins = join(folder, 'bins');
  return existsSync(bins)
    ? filesIn(bins).map((path) => posix.join('bins', path))
    : filesIn(folder).filter((path) => NATIVE_FILE.test(path));
}

const libraryOf = (name: string): string => LIBRARIES[dirname(name)] ?? name;

/** The packages of a pack, as the registry has them for another machine. */
async function fetchPackages({ os, cpu }: Target, { packages }: PackEntry, folder: string): Promise<string> {
  const dependencies = packages.map((name) => [name, versionOf(libraryOf(name))] as const);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: Object.fromEntries(dependencies) }),
  );
  const install = ['install', `--os=${os}`, `--cpu=${cpu}`, '--ignore-scripts', '--silent'];
  const child = Bun.spawn([process.execPath, ...install], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if ((await child.exited) === 0) return join(folder, 'node_modules');
  throw new WorkerError('internal', `cannot install ${packages.join(', ')}`);
}

/** Fetches what a pack is made of, and builds it in `folder`. */
export async function fetchAndBuild(target: Target, entry: PackEntry, folder: string): Promise<BuiltPack> {
  const modules = await fetchPackages(target, entry, join('dist', 'parts', target.triple, `pack-${entry.name}`));
  mkdirSync(folder, { recursive: true });
  return await buildPack(entry, modules, folder);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { target: { type: 'string' }, pack: { type: 'string' } } });
  const target = targetOf(values.target);
  const manifest: Manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  const packs = manifest.targets.find(({ triple }) => triple === target.triple)?.packs ?? [];
  const wanted = packs.filter(({ name }) => values.pack === undefined || values.pack === name);
  if (wanted.length === 0) throw new WorkerError('cli.usage', `no such pack for ${target.triple} in ${MANIFEST}`);
  for (const entry of wanted) {
    const { path, facts } = await fetchAndBuild(target, entry, join('dist', 'packs'));
    Object.assign(entry, facts);
    // After each: what was built is what the manifest names, also when the next one fails.
    writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
    console.log(`${path}: ${formatBytes(facts.sizeBytes)}, ${formatBytes(facts.unpackedBytes)} unpacked`);
  }
}

if (import.meta.main) await atTop(main);
