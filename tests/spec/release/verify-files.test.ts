import { expect, test } from 'bun:test';
import { formatReleaseManifest } from '../../../install/release-manifest.ts';
import { generateSecretKey, publicKeyOf, signMinisign } from '../../../install/sign.ts';
import { problemWith } from '../../../src/release/verify-files.ts';
import { signatureCrypto } from '../../../src/system/signature-crypto.ts';

const KEY = generateSecretKey();
const TARGET = 'x86_64-unknown-linux-gnu';
const ARCHIVE = { sizeBytes: 3, sha256: 'ab'.repeat(32) };
const MANIFEST = new TextEncoder().encode(
  formatReleaseManifest({
    version: '0.6.0',
    channel: 'stable',
    minFrom: '0.5.0',
    rollout: 100,
    artifacts: [{ name: 'w.tar.xz', kind: 'worker', target: TARGET, ...ARCHIVE }],
  }),
);
const sign = (bytes: Uint8Array, key = KEY): string => signMinisign(bytes, key, 'studio-worker 0.6.0');

function problem(about: Partial<Parameters<typeof problemWith>[0]>, version = '0.6.0', target = TARGET) {
  const keys = [{ use: 'test', publicKey: publicKeyOf(KEY) }];
  const files = { manifest: MANIFEST, signature: sign(MANIFEST), archive: ARCHIVE, ...about };
  return problemWith(files, { version, target, keys, crypto: signatureCrypto });
}

test('the files of a release have no problem, with the archive and without', () => {
  expect(problem({})).toBeUndefined();
  expect(problem({ archive: undefined })).toBeUndefined();
});

const FOREIGN = new TextEncoder().encode('{"schema":"another/1"}');
test.each([
  ['signed by a stranger', { signature: sign(MANIFEST, generateSecretKey()) }, 'which is none of ours'],
  ['changed behind the signature', { manifest: new TextEncoder().encode('{}') }, 'does not match the content'],
  ['signed, and of another program', { manifest: FOREIGN, signature: sign(FOREIGN) }, 'of another program'],
  ['a shorter archive', { archive: { ...ARCHIVE, sizeBytes: 2 } }, 'w.tar.xz has 2 bytes instead of 3'],
  ['another archive', { archive: { ...ARCHIVE, sha256: 'cd'.repeat(32) } }, 'another SHA-256 than the manifest says'],
])('files that are %s are not those of the release', (_what, about, because) => {
  expect(problem(about)).toContain(because);
});

test('the manifest of another release does not vouch for this program', () => {
  expect(problem({}, '0.7.0')).toBe('the manifest is that of 0.6.0, and this is 0.7.0');
  expect(problem({}, '0.6.0', 'aarch64-apple-darwin')).toBe('the release has no executable for aarch64-apple-darwin');
});
