import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatReleaseManifest } from '../../../../install/release-manifest.ts';
import { generateSecretKey, publicKeyOf, signMinisign } from '../../../../install/sign.ts';
import { mayFetch, verifyRelease } from '../../../../src/release/feed/trusted.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../../../src/release/manifest.ts';
import { signatureCrypto } from '../../../../src/system/signature-crypto.ts';
import { versionOf } from '../../../fakes/release/a-release.ts';

const KEY = generateSecretKey();
const VERSION = versionOf('0.6.0');
const MANIFEST = new TextEncoder().encode(
  formatReleaseManifest({
    version: '0.6.0',
    channel: 'stable',
    minFrom: '0.5.0',
    rollout: 100,
    artifacts: [
      { name: 'w.tar.xz', kind: 'worker', target: 'x86_64-unknown-linux-gnu', sizeBytes: 3, sha256: 'ab'.repeat(32) },
      { name: 'installer.sh', kind: 'installer', target: 'any', sizeBytes: 5, sha256: 'cd'.repeat(32) },
    ],
  }),
);
const SIGNATURE = new TextEncoder().encode(signMinisign(MANIFEST, KEY, 'studio-worker 0.6.0'));

/** Verifies a release whose two files are these. */
async function trustIn(manifest: Uint8Array, signature: Uint8Array): Promise<string> {
  const assets = [MANIFEST_FILE, SIGNATURE_FILE].map((name) => ({ name, url: `https://example.invalid/${name}` }));
  const { is } = await verifyRelease(
    { version: VERSION, release: { tag: 'v0.6.0', prerelease: false, draft: false, assets } },
    {
      http: {
        request: async ({ url }) => ({
          status: 200,
          statusText: 'OK',
          headers: {},
          body: url.endsWith(MANIFEST_FILE) ? manifest : signature,
        }),
      },
      crypto: signatureCrypto,
      keys: [{ use: 'test', publicKey: publicKeyOf(KEY) }],
      allowsUnsigned: true,
    },
  );
  return is;
}

/** Bytes that differ from the given ones in one place, or in length. */
const mutated = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const at = fc.nat(bytes.byteLength - 1);
  const put = (place: number, removed: number, added: readonly number[]): Uint8Array =>
    Uint8Array.from([...bytes.subarray(0, place), ...added, ...bytes.subarray(place + removed)]);
  return fc.oneof(
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([place, by]) => put(place, 1, [(bytes[place] ?? 0) ^ by])),
    fc.tuple(at, fc.nat(255)).map(([place, byte]) => put(place, 0, [byte])),
    fc.tuple(at, fc.integer({ min: 1, max: 40 })).map(([place, count]) => put(place, count, [])),
    at.map((place) => bytes.slice(0, place)),
  );
};
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

test('the release as it was signed is trusted', async () => {
  expect(await trustIn(MANIFEST, SIGNATURE)).toBe('trusted');
});

test('a manifest changed after it was signed is never trusted', async () => {
  await fc.assert(
    fc.asyncProperty(mutated(MANIFEST), async (bytes) => {
      fc.pre(!isSame(bytes, MANIFEST));
      expect(await trustIn(bytes, SIGNATURE)).not.toBe('trusted');
    }),
    { numRuns: 500 },
  );
});

test('no changed signature makes a manifest trusted, unless only its untrusted comment differs', async () => {
  const [untrusted = ''] = new TextDecoder().decode(SIGNATURE).split('\n');
  const trusted = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes).split(/\r?\n/).slice(1).join('\n').trimEnd();
  await fc.assert(
    fc.asyncProperty(mutated(SIGNATURE), async (bytes) => {
      fc.pre(trusted(bytes) !== trusted(SIGNATURE));
      expect(await trustIn(MANIFEST, bytes)).not.toBe('trusted');
    }),
    { numRuns: 500 },
  );
  expect(untrusted).toStartWith('untrusted comment:');
});

test.each([
  ['https://github.com/x/y', true],
  ['http://127.0.0.1:1/x', true],
  ['http://[::1]:1/x', true],
  ['http://localhost/x', true],
  ['http://example.com/x', false],
  ['http://127.0.0.1.example.com/x', false],
  ['http://127.0.0.1@example.com/x', false],
  ['file:///etc/passwd', false],
  ['ftp://127.0.0.1/x', false],
  ['javascript:alert(1)', false],
  ['no url', false],
])('whether a file of a release may come from %s: %p', (url, may) => {
  expect(mayFetch(url)).toBe(may);
});
