import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, posix, relative, resolve } from 'node:path';
import manifest from '../package.json';
import { WorkerError } from '../src/base/errors.ts';
import { formatBytes } from '../src/base/units.ts';
import type { PayloadName } from '../src/system/native/payloads.ts';
import { tarOf } from './archive/tar.ts';
import { NATIVE_PACKAGES, type NativePackage } from './native-packages.ts';
import type { Steps } from './steps.ts';
import { isThisMachine, type Target } from './targets.ts';

/** The native files of one package for one target. */
export interface PackedPayload {
  readonly name: PayloadName;
  readonly path: string;
  readonly sha256: string;
  /** The package's own binary, by its path in the payload. */
  readonly addon: string;
}

/** What a target needs beside our own code. */
export interface Parts {
  /** The Bun that the executable starts with; undefined for the one that builds. */
  readonly runtime: string | undefined;
  readonly payloads: readonly PackedPayload[];
  /** The folders of the packages that the payloads come from. */
  readonly packages: readonly string[];
}

/** Only what the loader opens: the addon and the libraries it links to. */
export const NATIVE_FILE = /\.node$|\.dll$|\.dylib$|\.so(\.[\d.]+)?$/;
/** It is shipped a hundred times for each time it is built. */
export const ZSTD_LEVEL = 19;

export interface Gathering {
  readonly target: Target;
  readonly folder: string;
  readonly names: readonly PayloadName[];
  /** How hard payloads are compressed, 1 to 19, for an archive that does it worse: see `packed`. */
  readonly zstdLevel: number;
  readonly steps: Steps;
}

/** Gathers a target's parts in `folder`, from this checkout or, for another machine, from the package registry. */
export async function gather({ target, folder, names, zstdLevel, steps }: Gathering): Promise<Parts> {
  mkdirSync(folder, { recursive: true });
  const modules = isThisMachine(target)
    ? 'node_modules'
    : await steps.step(`packages of ${target.triple}`, async () => ({ value: await fetchModules(target, folder) }));
  const there = names.filter((name) => !NATIVE_PACKAGES[name].lacks?.includes(target.triple));
  const payloads = await Promise.all(there.map((name) => packed(name, { target, modules, folder, zstdLevel, steps })));
  const packages = there.flatMap((name) => NATIVE_PACKAGES[name].contents(target).map(([from]) => packageOf(from)));
  return {
    runtime: isThisMachine(target) ? undefined : runtimeIn(modules, target),
    payloads,
    packages: [...new Set(packages)].map((name) => join(modules, name)).filter((folder) => existsSync(folder)),
  };
}

/** The version this checkout has installed, which every target gets too. */
export function versionOf(packageName: string): string {
  const facts: unknown = JSON.parse(readFileSync(join('node_modules', packageName, 'package.json'), 'utf8'));
  if (typeof facts === 'object' && facts !== null && 'version' in facts) return String(facts.version);
  throw new WorkerError('internal', `${packageName} says no version`);
}

/** The package that a path below `node_modules` belongs to. */
const packageOf = (path: string): string => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;

interface Place extends Omit<Gathering, 'names'> {
  readonly modules: string;
}

/**
 * As they are for an archive that xz compresses, together with the rest and better than zstd does each. The deflate of a zip
 * does it worse.
 */
async function packed(name: PayloadName, { target, modules, folder, zstdLevel, steps }: Place): Promise<PackedPayload> {
  const native = NATIVE_PACKAGES[name];
  const files = nativeFiles(modules, target, native);
  const addon = [...files.keys()].find((path) => path.endsWith('.node'));
  if (addon === undefined) throw new WorkerError('internal', `no ${name} binary for ${target.triple} in ${modules}`);
  const ending = target.archive.endsWith('.xz') ? '.tar' : `-${zstdLevel}.tar.zst`;
  const path = join(folder, `${name}-${versionOf(native.packageName)}-${fingerprintOf(files)}${ending}`);
  const isNew = !existsSync(path);
  await steps.step(`native files of ${name}`, async () => {
    if (isNew) await pack(files, path, zstdLevel);
    const size = formatBytes(statSync(path).size);
    return { value: undefined, note: isNew ? `${files.size} files in ${size}` : `${size}, packed before` };
  });
  return { name, path, addon, sha256: new Bun.CryptoHasher('sha256').update(readFileSync(path)).digest('hex') };
}

/** Another one for other content, so that a payload packed before is taken only while it would come out the same. */
function fingerprintOf(files: ReadonlyMap<string, string>): string {
  const digestOf = (file: string): string => new Bun.CryptoHasher('sha256').update(readFileSync(file)).digest('hex');
  const list = [...files].map(([path, from]) => `${path} ${digestOf(from)}`).join('\n');
  return new Bun.CryptoHasher('sha256').update(list).digest('hex').slice(0, 12);
}

/** Paths in the payload, with where each file is now. */
function nativeFiles(modules: string, target: Target, native: NativePackage): ReadonlyMap<string, string> {
  const { only = NATIVE_FILE, without } = native;
  const files = native
    .contents(target)
    .filter(([from]) => existsSync(join(modules, from)))
    .flatMap(([from, to]) =>
      filesIn(join(modules, from)).map((path) => [posix.join(to, path), join(modules, from, path)] as const),
    )
    .filter(([path]) => only.test(path) && without?.test(path) !== true);
  return new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Below a folder at any depth, by their paths from there; of a file, itself. */
export function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [''];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(relative(path, entry.parentPath), entry.name));
}

/**
 * Packs files, by their paths in the archive, into one archive that exists only when it is whole: a tar, compressed by zstd
 * where its name says so. The same files make the same bytes.
 */
export async function pack(files: ReadonlyMap<string, string>, payload: string, level = ZSTD_LEVEL): Promise<void> {
  const entries = new Map([...files].map(([path, from]) => [path, { bytes: readFileSync(from) }]));
  const archive = tarOf(entries, { withFolders: false });
  const temporary = `${payload}.${process.pid}`;
  writeFileSync(temporary, payload.endsWith('.zst') ? await Bun.zstdCompress(archive, { level }) : archive);
  renameSync(temporary, payload);
}

/** Bun's npm packages name the processor as the compiler does. */
const runtimePackage = ({ os, cpu }: Target): string =>
  `@oven/bun-${os === 'win32' ? 'windows' : os}-${cpu === 'arm64' ? 'aarch64' : cpu}`;

function runtimeIn(modules: string, target: Target): string {
  const runtime = join(modules, runtimePackage(target), 'bin', target.os === 'win32' ? 'bun.exe' : 'bun');
  if (existsSync(runtime)) return runtime;
  throw new WorkerError('internal', `no Bun runtime for ${target.triple} at ${runtime}`);
}

/** Installs what another machine would install. Bun's own download of a runtime ignores the configured registry. */
async function fetchModules(target: Target, folder: string): Promise<string> {
  const root = join(folder, 'modules');
  const packages = Object.values(NATIVE_PACKAGES).map(({ packageName }) => [packageName, versionOf(packageName)]);
  const dependencies = { ...Object.fromEntries(packages), [runtimePackage(target)]: Bun.version };
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ private: true, dependencies, overrides: overrides() }));
  rmSync(join(root, 'bun.lock'), { force: true }); // it would keep the versions of an earlier build
  const install = ['install', `--os=${target.os}`, `--cpu=${target.cpu}`, '--ignore-scripts', '--silent'];
  const child = Bun.spawn([process.execPath, ...install], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if ((await child.exited) === 0) return join(root, 'node_modules');
  throw new WorkerError('internal', `cannot install the packages of ${target.triple}`);
}

/** Those of this checkout, which keep packages away that are fetched when somebody needs them. */
function overrides(): Readonly<Record<string, string>> {
  const ours = Object.entries(manifest.overrides);
  return Object.fromEntries(
    ours.map(([name, by]) => [name, by.replace(/^file:(.*)$/, (_, path: string) => `file:${resolve(path)}`)]),
  );
}
