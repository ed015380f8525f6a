import { WorkerError } from '../../../base/errors.ts';
import { GIB } from '../../../base/units.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import type { Environment } from '../../../system/environment.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { ZippedFile } from '../../../system/native/zip.ts';
import type { FetchInput } from '../../media/inputs.ts';
import { sdCliName, sdServerName } from './find-sd-cli.ts';
import { PINNED_COMMIT, PINNED_RELEASE } from './release.ts';

export interface ProvisionOptions {
  readonly files: Pick<Files, 'makeDir' | 'remove' | 'writeAtomic'>;
  readonly environment: Pick<Environment, 'platform' | 'arch'>;
  readonly modelsRoot: string;
  /** The SHA-256 of each archive that may be installed, in hex, by its name. */
  readonly pins: Readonly<Record<string, string>>;
  /** Where archives are, if not where they are published. */
  readonly archiveBase?: string;
  readonly fetchInput: FetchInput;
  readonly sha256: Sha256;
  readonly readZip: (archive: Uint8Array, maxBytes: number) => readonly ZippedFile[];
}

/** A published build, by name and address. */
export interface Archive {
  readonly asset: string;
  readonly url: string;
}

const UPSTREAM = 'https://github.com/leejet/stable-diffusion.cpp/releases/download';
const OWN = 'https://github.com/webbertakken/studio-worker/releases/download/sdcpp-prebuilt-';
const MAC = 'Darwin-macOS-26.6.2-arm64'; // for both kinds of CPU
/** By system and CPU: what its archive is called, and who publishes it. */
const BUILDS: Readonly<Record<string, readonly [suffix: string, base: string]>> = {
  'win32 x64': ['win-vulkan-x64', `${UPSTREAM}/`],
  'linux x64': ['Linux-Ubuntu-24.04-x86_64-vulkan', `${UPSTREAM}/`],
  'linux arm64': ['Linux-aarch64-vulkan', OWN],
  'darwin arm64': [MAC, `${UPSTREAM}/`],
  'darwin x64': [MAC, `${UPSTREAM}/`],
};
const MAX_UNPACKED_BYTES = 2 * GIB;

/** The archive of the pinned release for this system; undefined where none is published. */
export function archiveFor({
  environment,
  archiveBase,
}: Pick<ProvisionOptions, 'environment' | 'archiveBase'>): Archive | undefined {
  const [suffix, base] = BUILDS[`${environment.platform} ${environment.arch}`] ?? [];
  if (suffix === undefined || base === undefined) return undefined;
  const asset = `sd-master-${PINNED_COMMIT}-bin-${suffix}.zip`;
  return { asset, url: `${archiveBase ?? base}${PINNED_RELEASE}/${asset}` };
}

/** Why sd-cli is not fetched here; undefined when it may be. */
export function whyNotFetched(options: Pick<ProvisionOptions, 'environment' | 'pins'>): string | undefined {
  const archive = archiveFor(options);
  if (archive === undefined) return 'there is no published build of it for this system';
  return options.pins[archive.asset] === undefined
    ? `this release has no checksum for ${archive.asset}, so it is not fetched`
    : undefined;
}

/** Beside the program: which archive it came from. */
export const markerPath = (modelsRoot: string): string => `${modelsRoot}/bin/.sd-cli-release`;

/**
 * Fetches the pinned release, checks it, and puts its files into `bin`, the program last and then the marker: an
 * installation that is cut off before the marker restarts.
 *
 * @throws WorkerError `engine.unavailable` | `native.unavailable` | `download.failed` | `disk.full` | …
 */
export async function provision(options: ProvisionOptions, signal: AbortSignal): Promise<void> {
  const { files, modelsRoot, environment } = options;
  const archive = archiveFor(options);
  const because = whyNotFetched(options);
  if (archive === undefined || because !== undefined) {
    throw new WorkerError('engine.unavailable', `sd-cli is not installed: ${because}`);
  }
  const bytes = await options.fetchInput('sd-cli archive', archive.url, signal);
  const program = sdCliName(environment.platform);
  const programs = new Set([program, sdServerName(environment.platform)]);
  const unpacked = checked(options, archive, bytes);
  if (!unpacked.some(({ name }) => name === program)) throw unusable(archive, `has no ${program} in it`);
  signal.throwIfAborted();
  await files.makeDir(`${modelsRoot}/bin`);
  await files.remove(markerPath(modelsRoot));
  for (const file of unpacked.toSorted((a, b) => Number(a.name === program) - Number(b.name === program))) {
    const mode = programs.has(file.name) ? 0o755 : file.mode | 0o600;
    await files.writeAtomic(`${modelsRoot}/bin/${file.name}`, file.bytes, { mode });
  }
  await files.writeAtomic(markerPath(modelsRoot), `${archive.url}\n`);
}

function checked(
  { pins, sha256, readZip }: ProvisionOptions,
  archive: Archive,
  bytes: Uint8Array,
): readonly ZippedFile[] {
  const digest = sha256(bytes).toHex();
  const pin = pins[archive.asset]?.toLowerCase();
  if (digest !== pin) throw unusable(archive, `has the SHA-256 ${digest} instead of ${pin}`);
  try {
    return readZip(bytes, MAX_UNPACKED_BYTES);
  } catch (thrown) {
    throw unusable(archive, 'cannot be unpacked', thrown);
  }
}

const unusable = ({ url }: Archive, problem: string, cause?: unknown): WorkerError =>
  new WorkerError('native.unavailable', `the sd-cli archive ${url} ${problem}`, {
    hint: 'Install sd-cli yourself, and report this archive.',
    cause,
  });
