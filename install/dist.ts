/**
 * Builds a release: `bun run dist [--target T]… [--out DIR] [--sign-key FILE]`, as docs/releasing.md tells. Two runs make
 * the same bytes. The password of the key is in STUDIO_WORKER_SIGN_PASSWORD.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkerError } from '../src/base/errors.ts';
import { formatBytes } from '../src/base/units.ts';
import { VERSION } from '../src/base/version.ts';
import { parseVersion } from '../src/release/feed/semver.ts';
import type { Artifact } from '../src/release/manifest.ts';
import type { SigningKey } from '../src/release/minisign.ts';
import { atTop } from './at-top.ts';
import { build } from './build.ts';
import { archiveOf, contentsOf } from './contents.ts';
import { installerWith } from './installers.ts';
import { type BuiltPack, fetchAndBuild, type PackEntry } from './packs.ts';
import { openReleaseFolder, type ReleaseFiles } from './release-files.ts';
import { sbomOf, SBOM_FILE } from './sbom.ts';
import { publishedSize, sdCppArtifacts, type SizeOf } from './sd-cpp.ts';
import { assertTrusted } from './sign-release.ts';
import { parseSecretKey, type SecretKey } from './sign.ts';
import { type Target, TARGETS, targetOf } from './targets.ts';

export interface DistOptions {
  readonly targets: readonly Target[];
  /** Where the files go; new or empty. */
  readonly folder: string;
  readonly signKey?: SecretKey | undefined;
  readonly version?: string | undefined;
  /** Path of a file in place of the repository's `dist-manifest.json`. */
  readonly distManifest?: string | undefined;
  readonly rollout?: number;
  /** How hard `xz` tries, 0 to 9. */
  readonly preset?: number;
  /** Leaves out what comes over the network: packs and the builds of other projects. For trying a release out. */
  readonly isLocal?: boolean;
  readonly sizeOf?: SizeOf;
  readonly log: (line: string) => void;
}

/** As far as it is read here. */
interface DistManifest {
  readonly signingKeys: readonly SigningKey[];
  readonly minFrom: string;
  readonly sdCliSha256: Readonly<Record<string, string>>;
  readonly targets: readonly { readonly triple: string; readonly packs: readonly PackEntry[] }[];
}

const INSTALLERS = ['install.sh', 'install.ps1'];

/**
 * Builds all files of a release.
 *
 * @throws WorkerError `file.unusable` for a key that the executables would not trust, before anything is built;
 * `folder.unusable` | `internal`
 */
export async function dist(options: DistOptions): Promise<void> {
  const { targets, folder, signKey, version = VERSION, isLocal = false } = options;
  const manifest: DistManifest = JSON.parse(readFileSync(options.distManifest ?? 'dist-manifest.json', 'utf8'));
  const signing = signKey && { key: signKey, trusted: manifest.signingKeys };
  if (signing !== undefined) assertTrusted(signing);
  const files = openReleaseFolder(folder);
  for (const target of targets) await addWorker(files, target, options);
  addInstallers(files, manifest.signingKeys);
  files.add(Buffer.from(sbomOf(version)), { name: SBOM_FILE, kind: 'sbom', target: 'any' });
  if (!isLocal) for (const target of targets) await addPacks(files, target, manifest);
  const { sizeOf = publishedSize } = options;
  const others: Artifact[] = isLocal ? [] : await sdCppArtifacts(manifest.sdCliSha256, sizeOf);
  const isPrerelease = (parseVersion(version)?.prerelease.length ?? 0) > 0;
  const channel = isPrerelease ? 'prerelease' : 'stable';
  files.finish({ version, channel, minFrom: manifest.minFrom, rollout: options.rollout ?? 100 }, others, signing);
}

async function addWorker(files: ReleaseFiles, target: Target, options: DistOptions): Promise<void> {
  const { version = VERSION, distManifest, preset = 9, log } = options;
  const outfile = join('dist', 'parts', target.triple, version, target.binary);
  await build({ target, outfile, version, log, ...(distManifest !== undefined && { distManifest }) });
  const archive = await archiveOf(target, await contentsOf(target, outfile, version), preset);
  rmSync(join('dist', 'parts', target.triple, version), { recursive: true });
  const { sizeBytes } = files.add(archive, { name: target.archive, kind: 'worker', target: target.triple });
  log(`${target.archive}: ${formatBytes(sizeBytes)}`);
}

function addInstallers(files: ReleaseFiles, keys: readonly SigningKey[]): void {
  for (const script of INSTALLERS.filter((name) => existsSync(join('install', name)))) {
    const text = installerWith(keys, readFileSync(join('install', script), 'utf8'));
    const name = script.replace('install.', 'studio-worker-installer.');
    files.add(Buffer.from(text), { name, kind: 'installer', target: 'any' });
  }
}

/** The executables carry the digests of packs, so a pack that comes out otherwise could never be used. */
async function addPacks(files: ReleaseFiles, { triple }: Target, { targets }: DistManifest): Promise<void> {
  const target = targetOf(triple);
  for (const entry of targets.find((one) => one.triple === triple)?.packs ?? []) {
    const built = packBuiltBefore(entry) ?? (await fetchAndBuild(target, entry, join('dist', 'packs')));
    if (built.facts.sha256 !== entry.sha256) {
      throw new WorkerError('internal', `${entry.file} came out as ${built.facts.sha256}, not as ${entry.sha256}`, {
        hint: `Run \`bun install/packs.ts --target ${triple} --pack ${entry.name}\`, and commit dist-manifest.json.`,
      });
    }
    files.add(readFileSync(built.path), { name: entry.file, kind: 'pack', target: triple, flavour: entry.flavour });
  }
}

/** A pack that lies in `dist` already and is the one that is wanted. */
function packBuiltBefore(entry: PackEntry): BuiltPack | undefined {
  const path = join('dist', 'packs', entry.file);
  if (!existsSync(path)) return undefined;
  const sha256 = new Bun.CryptoHasher('sha256').update(readFileSync(path)).digest('hex');
  return sha256 === entry.sha256 ? { path, facts: entry } : undefined;
}

const DEFAULT_FOLDER = join('dist', 'release');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      out: { type: 'string' },
      'sign-key': { type: 'string' },
      version: { type: 'string' },
      'dist-manifest': { type: 'string' },
      rollout: { type: 'string', default: '100' },
      preset: { type: 'string', default: '9' },
      local: { type: 'boolean' },
    },
  });
  const { 'sign-key': keyFile, out: folder = DEFAULT_FOLDER } = values;
  if (folder === DEFAULT_FOLDER) rmSync(folder, { recursive: true, force: true });
  const password = process.env['STUDIO_WORKER_SIGN_PASSWORD'];
  await dist({
    targets: values.target?.map(targetOf) ?? TARGETS,
    folder,
    signKey: keyFile === undefined ? undefined : parseSecretKey(readFileSync(keyFile, 'utf8'), password),
    version: values.version,
    distManifest: values['dist-manifest'],
    rollout: Number(values.rollout),
    preset: Number(values.preset),
    isLocal: values.local ?? false,
    log: (line) => console.log(line),
  });
  console.log(keyFile === undefined ? `${folder} is complete, and not signed` : `${folder} is complete and signed`);
}

if (import.meta.main) await atTop(main);
