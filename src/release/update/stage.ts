import { errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Http } from '../../system/net/http.ts';
import { fetchSmall, mayFetch, type TrustedRelease } from '../feed/trusted.ts';
import { type Artifact, MANIFEST_FILE, SIGNATURE_FILE, workerFor } from '../manifest.ts';
import { differenceTo, type FileSum } from '../verify-files.ts';

/** A release on this disk, every file of it verified. */
export interface StagedRelease {
  readonly version: string;
  /** What the installer takes with `--from`: manifest, signature, archive. */
  readonly folder: string;
  /** The executable, unpacked. */
  readonly program: string;
  /** Undefined where the release has none for this system. */
  readonly installer: string | undefined;
}

/** The disk, the host and the programs that a release is staged with. */
export interface StageDeps {
  /** The folder that releases are staged in; nobody else's. */
  readonly root: string;
  readonly join: (...parts: readonly string[]) => string;
  readonly files: Pick<Files, 'makeDir' | 'remove' | 'list' | 'writeAtomic' | 'stat' | 'rename'>;
  readonly http: Http;
  /** The triple of this system, and the name of an executable there. */
  readonly target: string;
  readonly binary: string;
  readonly installerFile: string;
  /** Fetches a large file, resuming where an earlier attempt stopped, and gives its path. */
  readonly fetchArchive: (
    file: { readonly url: string; readonly artifact: Artifact },
    signal: AbortSignal,
  ) => Promise<string>;
  readonly sumOf: (path: string) => Promise<FileSum>;
  /** Unpacks one file of an archive as an executable. */
  readonly unpack: (archive: string, member: string, to: string, signal: AbortSignal) => Promise<void>;
  /** Runs `--self-test` of the unpacked executable; gives why it failed. */
  readonly selfTest: (program: string, words: readonly string[], signal: AbortSignal) => Promise<string | undefined>;
  readonly log: Logger;
}

const MAX_INSTALLER_BYTES = MIB;

/**
 * Downloads what a release needs to be installed, verifies all of it by the signed manifest and has the new executable
 * test itself. What is there already from an earlier attempt is verified and used.
 *
 * @throws WorkerError `update.untrusted` | `update.failed` for faults of the release; `update.feed-unreadable`,
 * `disk.full` and others for faults of the network and the machine; the signal's reason on abort
 */
export async function stageRelease(
  release: TrustedRelease,
  deps: StageDeps,
  signal: AbortSignal,
): Promise<StagedRelease> {
  const { root, join, files, log } = deps;
  const version = release.version.text;
  const worker = workerFor(release.manifest, deps.target);
  if (worker === undefined)
    throw new WorkerError('update.refused', `release ${version} has no executable for this system`);
  const folder = join(root, version);
  for (const name of await files.list(root))
    if (name !== version && name !== STORE) await files.remove(join(root, name));
  await files.makeDir(folder, { mode: 0o700 });
  await files.writeAtomic(join(folder, MANIFEST_FILE), release.manifestBytes);
  if (release.signature !== undefined) await files.writeAtomic(join(folder, SIGNATURE_FILE), release.signature);

  const installer = await fetchInstaller(release, folder, { deps, signal });
  const archive = await fetchWorker(release, worker, { folder, deps, signal });
  const program = join(folder, deps.binary);
  await deps.unpack(archive, `studio-worker-${deps.target}/${deps.binary}`, program, signal);
  const words = [
    '--manifest',
    join(folder, MANIFEST_FILE),
    '--signature',
    join(folder, SIGNATURE_FILE),
    '--archive',
    archive,
  ];
  const problem = await deps.selfTest(program, release.signature === undefined ? [] : words, signal);
  if (problem !== undefined)
    throw new WorkerError('update.failed', `release ${version} fails its own test: ${problem}`);
  log.info('update.staged', { version });
  return { version, folder, program, installer };
}

/** Where a store of partial downloads may be below the root. */
export const STORE = '.downloads';

interface Fetching {
  readonly deps: StageDeps;
  readonly signal: AbortSignal;
}

async function fetchInstaller(
  { manifest, urlOf }: TrustedRelease,
  folder: string,
  { deps, signal }: Fetching,
): Promise<string | undefined> {
  const artifact = manifest.artifacts.find(({ kind, name }) => kind === 'installer' && name === deps.installerFile);
  if (artifact === undefined) return undefined;
  const path = deps.join(folder, artifact.name);
  const bytes = await fetchSmall(urlFor(artifact, urlOf), MAX_INSTALLER_BYTES, { http: deps.http, signal });
  await deps.files.writeAtomic(path, bytes, { mode: 0o700 });
  await mustBe(artifact, path, deps);
  return path;
}

async function fetchWorker(
  { urlOf, version }: TrustedRelease,
  artifact: Artifact,
  { folder, deps, signal }: Fetching & { readonly folder: string },
): Promise<string> {
  const { files, log } = deps;
  const path = deps.join(folder, artifact.name);
  if ((await files.stat(path)) !== undefined && differenceTo(artifact, await deps.sumOf(path)) === undefined)
    return path;
  const url = urlFor(artifact, urlOf);
  log.info('update.downloading', { version: version.text, sizeBytes: artifact.sizeBytes, url: shownUrl(url) });
  await files.rename(await deps.fetchArchive({ url, artifact }, signal).catch(asOurs), path);
  await mustBe(artifact, path, deps);
  return path;
}

function urlFor({ name }: Artifact, urlOf: TrustedRelease['urlOf']): string {
  const url = urlOf(name);
  if (url === undefined) throw new WorkerError('update.untrusted', `the feed lists no file ${name} of this release`);
  if (mayFetch(url)) return url;
  throw new WorkerError('update.untrusted', `${shownUrl(url)} is neither https nor on this machine`);
}

async function mustBe(artifact: Artifact, path: string, { sumOf, files }: StageDeps): Promise<void> {
  const difference = differenceTo(artifact, await sumOf(path));
  if (difference === undefined) return;
  await files.remove(path);
  throw new WorkerError('update.untrusted', difference);
}

/** A download that is not what the manifest promised is the release's fault, not that of a model. */
function asOurs(thrown: unknown): never {
  const error = toWorkerError(thrown);
  if (error.code !== 'model.checksum-mismatch' && error.code !== 'download.too-large') throw thrown;
  throw new WorkerError('update.untrusted', errorChain(error), { cause: thrown });
}
