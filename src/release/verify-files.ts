import type { SignatureCrypto } from '../system/signature-crypto.ts';
import { type Artifact, readReleaseManifest, workerFor } from './manifest.ts';
import { type SigningKey, verifyMinisign } from './minisign.ts';

/** Files of a release that lie on this disk. */
export interface ReleaseFiles {
  readonly manifest: Uint8Array;
  readonly signature: string;
  /** Undefined when only the manifest is to be verified. */
  readonly archive: FileSum | undefined;
}

/** What a file is known by. */
export interface FileSum {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Why files are not those of this very release, by the keys given; undefined when they are. */
export function problemWith(
  { manifest: bytes, signature, archive }: ReleaseFiles,
  release: {
    readonly version: string;
    readonly target: string;
    readonly keys: readonly SigningKey[];
    readonly crypto: SignatureCrypto;
  },
): string | undefined {
  const { version, target, keys, crypto } = release;
  const check = verifyMinisign(bytes, signature, keys, crypto);
  if (check.is === 'invalid') return `the manifest is not to be trusted: ${check.because}`;
  const read = readReleaseManifest(new TextDecoder().decode(bytes));
  if (read.is === 'foreign') return 'the manifest is of another program';
  if (read.is === 'invalid') return `the manifest is unreadable: ${read.because}`;
  if (read.manifest.version !== version)
    return `the manifest is that of ${read.manifest.version}, and this is ${version}`;
  const worker = workerFor(read.manifest, target);
  if (worker === undefined) return `the release has no executable for ${target}`;
  return archive === undefined ? undefined : differenceTo(worker, archive);
}

/** How a file differs from what the manifest says of it; undefined when it does not. */
export function differenceTo(artifact: Artifact, { sizeBytes, sha256 }: FileSum): string | undefined {
  const { name } = artifact;
  if (sizeBytes !== artifact.sizeBytes) return `${name} has ${sizeBytes} bytes instead of ${artifact.sizeBytes}`;
  return sha256 === artifact.sha256 ? undefined : `${name} has another SHA-256 than the manifest says`;
}
