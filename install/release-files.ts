import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import { type Artifact, MANIFEST_FILE, type ReleaseManifest } from '../src/release/manifest.ts';
import { formatReleaseManifest } from './release-manifest.ts';
import { sha256Of, type Signing, signRelease, sumLineOf, SUMS_FILE } from './sign-release.ts';

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

/** @throws WorkerError `folder.unusable` for a folder that has something in it: what is published is what was built now */
export function openReleaseFolder(folder: string): ReleaseFiles {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new WorkerError('folder.unusable', `${folder} is not empty`, { hint: 'Name a new folder with --out.' });
  }
  const sums = new Map<string, string>();
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    const sha256 = sha256Of(bytes);
    sums.set(name, sha256);
    return sha256;
  };
  const artifacts: Artifact[] = [];
  return {
    add: (bytes, facts) => {
      const sha256 = write(facts.name, bytes);
      writeFileSync(join(folder, `${facts.name}.sha256`), sumLineOf(facts.name, sha256));
      const artifact = { ...facts, sizeBytes: bytes.byteLength, sha256 };
      artifacts.push(artifact);
      return artifact;
    },
    finish: (head, others, signing) => {
      write(MANIFEST_FILE, formatReleaseManifest({ ...head, artifacts: [...artifacts, ...others] }));
      const lines = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, sha256]) => sumLineOf(name, sha256));
      writeFileSync(join(folder, SUMS_FILE), lines.join(''));
      if (signing !== undefined) signRelease(folder, signing);
    },
  };
}
