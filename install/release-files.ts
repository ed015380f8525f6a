import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import { type Artifact, MANIFEST_FILE, type ReleaseManifest, SIGNATURE_FILE } from '../src/release/manifest.ts';
import type { SigningKey } from '../src/release/minisign.ts';
import { formatReleaseManifest } from './release-manifest.ts';
import { publicKeyOf, type SecretKey, signMinisign } from './sign.ts';

const SUMS_FILE = 'sha256.sum';

/** The folder of a release, while it is filled. */
export interface ReleaseFiles {
  /** Writes a file and what proves it: an artifact of the manifest, and a `.sha256` beside it. */
  add(bytes: Uint8Array, facts: Omit<Artifact, 'sizeBytes' | 'sha256'>): Artifact;
  /**
   * Writes the manifest, its signature when there is a key, and the sums of all files.
   *
   * @throws WorkerError `file.unusable` for a key that no executable would trust
   */
  finish(head: Omit<ReleaseManifest, 'schema' | 'artifacts'>, others: readonly Artifact[], signing?: Signing): void;
}

export interface Signing {
  readonly key: SecretKey;
  /** Those that the executables of this release carry. */
  readonly trusted: readonly SigningKey[];
}

/** @throws WorkerError `folder.unusable` for a folder that has something in it: what is published is what was built now */
export function openReleaseFolder(folder: string): ReleaseFiles {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new WorkerError('folder.unusable', `${folder} is not empty`, { hint: 'Name a new folder with --out.' });
  }
  const sums = new Map<string, string>();
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    const sha256 = new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
    sums.set(name, sha256);
    return sha256;
  };
  const artifacts: Artifact[] = [];
  return {
    add: (bytes, facts) => {
      const sha256 = write(facts.name, bytes);
      writeFileSync(join(folder, `${facts.name}.sha256`), lineOf(facts.name, sha256));
      const artifact = { ...facts, sizeBytes: bytes.byteLength, sha256 };
      artifacts.push(artifact);
      return artifact;
    },
    finish: (head, others, signing) => {
      write(MANIFEST_FILE, formatReleaseManifest({ ...head, artifacts: [...artifacts, ...others] }));
      if (signing !== undefined) {
        const bytes = readFileSync(join(folder, MANIFEST_FILE));
        const comment = `studio-worker ${head.version} ${head.channel}`;
        write(SIGNATURE_FILE, signMinisign(bytes, assertTrusted(signing), comment));
      }
      const lines = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, sha256]) => lineOf(name, sha256));
      writeFileSync(join(folder, SUMS_FILE), lines.join(''));
    },
  };
}

/** The key itself, once it is known that an executable would take what it signs. @throws WorkerError `file.unusable` */
export function assertTrusted({ key, trusted }: Signing): SecretKey {
  const publicKey = publicKeyOf(key);
  if (trusted.some((one) => one.publicKey === publicKey)) return key;
  throw new WorkerError('file.unusable', `the executables of this release would not trust the key ${publicKey}`, {
    hint: 'Sign with a key whose public half is in signingKeys of dist-manifest.json, as docs/releasing.md tells.',
  });
}

/** As `sha256sum -b` writes and `sha256sum -c` reads it. */
const lineOf = (name: string, sha256: string): string => `${sha256} *${name}\n`;
