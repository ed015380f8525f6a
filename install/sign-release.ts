/** Signs a release that was built before: `bun run release:sign --dir DIR --sign-key FILE`. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import manifest from '../dist-manifest.json';
import { WorkerError } from '../src/base/errors.ts';
import { MANIFEST_FILE, readReleaseManifest, SIGNATURE_FILE } from '../src/release/manifest.ts';
import type { SigningKey } from '../src/release/minisign.ts';
import { atTop } from './at-top.ts';
import { parseSecretKey, publicKeyOf, type SecretKey, signMinisign } from './sign.ts';

export const SUMS_FILE = 'sha256.sum';

export interface Signing {
  readonly key: SecretKey;
  /** Those that the executables of this release carry. */
  readonly trusted: readonly SigningKey[];
}

/**
 * Signs the manifest in a release's folder, and adds the signature to its sums.
 *
 * @throws WorkerError `file.unusable` for a key that no executable would trust, a manifest that no worker would read, or
 * one that is signed already
 */
export function signRelease(folder: string, signing: Signing): void {
  const key = assertTrusted(signing);
  const path = join(folder, SIGNATURE_FILE);
  if (existsSync(path)) throw new WorkerError('file.unusable', `${folder} is signed already`);
  const bytes = readFileSync(join(folder, MANIFEST_FILE));
  const reading = readReleaseManifest(bytes.toString());
  if (reading.is !== 'manifest') throw new WorkerError('file.unusable', `${MANIFEST_FILE} is ${reading.is}`);
  const { version, channel } = reading.manifest;
  const text = signMinisign(bytes, key, `studio-worker ${version} ${channel}`);
  writeFileSync(path, text);
  appendFileSync(join(folder, SUMS_FILE), sumLineOf(SIGNATURE_FILE, sha256Of(text)));
}

/** The key itself, once it is known that an executable would take what it signs. @throws WorkerError `file.unusable` */
export function assertTrusted({ key, trusted }: Signing): SecretKey {
  const publicKey = publicKeyOf(key);
  if (trusted.some((one) => one.publicKey === publicKey)) return key;
  throw new WorkerError('file.unusable', `the executables of this release would not trust the key ${publicKey}`, {
    hint: 'Sign with a key whose public half is in signingKeys of dist-manifest.json, as docs/releasing.md tells.',
  });
}

export const sha256Of = (bytes: Uint8Array | string): string =>
  new Bun.CryptoHasher('sha256').update(bytes).digest('hex');

/** As `sha256sum -b` writes and `sha256sum -c` reads it. */
export const sumLineOf = (name: string, sha256: string): string => `${sha256} *${name}\n`;

function main(): void {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, 'sign-key': { type: 'string' } } });
  const { dir, 'sign-key': keyFile } = values;
  if (dir === undefined || keyFile === undefined) {
    throw new WorkerError('cli.usage', 'usage: bun run release:sign --dir DIR --sign-key FILE');
  }
  const key = parseSecretKey(readFileSync(keyFile, 'utf8'), process.env['STUDIO_WORKER_SIGN_PASSWORD']);
  signRelease(dir, { key, trusted: manifest.signingKeys });
  console.log(`${join(dir, SIGNATURE_FILE)}: signed`);
}

if (import.meta.main) await atTop(main);
