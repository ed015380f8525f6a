import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import { isThisMachine, type Target } from './targets.ts';

/** What a target needs beside our own code. */
export interface Parts {
  /** The Bun that the executable starts with; undefined for the one that builds. */
  readonly runtime: string | undefined;
  /** An archive of sharp's native files. */
  readonly payload: string;
  readonly sha256: string;
  /** Sharp's own binary, by its path in the payload. */
  readonly addon: string;
}

/** Only what the loader opens: the addon and the libraries it links to. */
const NATIVE_FILE = /\.node$|\.dll$|\.dylib$|\.so(\.[\d.]+)?$/;
/** It is shipped a hundred times for each time it is built. */
const ZSTD_LEVEL = 19;

/** Gathers a target's parts in `folder`, from this checkout or, for another machine, from the package registry. */
export async function gather(target: Target, folder: string): Promise<Parts> {
  mkdirSync(folder, { recursive: true });
  const modules = isThisMachine(target) ? 'node_modules' : await fetchModules(target, folder);
  const files = nativeFiles(modules, target);
  const addon = files.find((path) => path.endsWith('.node'));
  if (addon === undefined) throw new WorkerError('internal', `no sharp binary for ${target.triple} in ${modules}`);

  const payload = join(folder, `sharp-${versionOf('sharp')}.tar.zst`);
  if (!existsSync(payload)) await pack(modules, files, payload);
  const sha256 = new Bun.CryptoHasher('sha256').update(readFileSync(payload)).digest('hex');
  return { runtime: isThisMachine(target) ? undefined : runtimeIn(modules, target), payload, sha256, addon };
}

/** The version this checkout has installed, which every target gets too. */
export function versionOf(packageName: string): string {
  const facts: unknown = JSON.parse(readFileSync(join('node_modules', packageName, 'package.json'), 'utf8'));
  if (typeof facts === 'object' && facts !== null && 'version' in facts) return String(facts.version);
  throw new WorkerError('internal', `${packageName} says no version`);
}

/** The layout `@img/<package>/lib` is kept: the addon looks for its libraries relative to itself. */
function nativeFiles(modules: string, { os, cpu }: Target): readonly string[] {
  const folders = [`@img/sharp-${os}-${cpu}/lib`, `@img/sharp-libvips-${os}-${cpu}/lib`];
  return folders
    .filter((folder) => existsSync(join(modules, folder))) // on Windows the addon brings its libraries itself
    .flatMap((folder) => readdirSync(join(modules, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => NATIVE_FILE.test(path))
    .toSorted();
}

async function pack(modules: string, files: readonly string[], payload: string): Promise<void> {
  const contents = Object.fromEntries(files.map((path) => [path, readFileSync(join(modules, path))]));
  const archive = await new Bun.Archive(contents).bytes();
  const temporary = `${payload}.${process.pid}`;
  writeFileSync(temporary, await Bun.zstdCompress(archive, { level: ZSTD_LEVEL }));
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
  const dependencies = { sharp: versionOf('sharp'), [runtimePackage(target)]: Bun.version };
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ private: true, dependencies }));
  rmSync(join(root, 'bun.lock'), { force: true }); // it would keep the versions of an earlier build
  const install = ['install', `--os=${target.os}`, `--cpu=${target.cpu}`, '--ignore-scripts', '--silent'];
  const child = Bun.spawn([process.execPath, ...install], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if ((await child.exited) === 0) return join(root, 'node_modules');
  throw new WorkerError('internal', `cannot install the packages of ${target.triple}`);
}
