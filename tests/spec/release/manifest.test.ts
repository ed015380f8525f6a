import { expect, test } from 'bun:test';
import { formatReleaseManifest } from '../../../install/release-manifest.ts';
import { readReleaseManifest, type ReleaseManifest, workerFor } from '../../../src/release/manifest.ts';

const SHA256 = 'a'.repeat(64);
const WORKER = {
  name: 'studio-worker-x86_64-unknown-linux-gnu.tar.xz',
  kind: 'worker',
  target: 'x86_64-unknown-linux-gnu',
  sizeBytes: 1,
  sha256: SHA256,
};
const PACK = { ...WORKER, name: 'pack.tar.zst', kind: 'pack', flavour: 'cuda' };
const SD_CLI = { ...WORKER, name: 'sd-master.zip', kind: 'sd-cpp', url: 'https://github.com/x/y.zip' };
const MANIFEST: ReleaseManifest = {
  schema: 'studio-worker-release/1',
  version: '0.6.0',
  channel: 'stable',
  minFrom: '0.5.0-rc.1',
  rollout: 100,
  artifacts: [WORKER, PACK, SD_CLI],
};

const withField = (field: string, value: unknown): string => JSON.stringify({ ...MANIFEST, [field]: value });
const withArtifact = (field: string, value: unknown): string =>
  JSON.stringify({ ...MANIFEST, artifacts: [{ ...WORKER, [field]: value }] });

test('a manifest that was written is read as it was', () => {
  expect(readReleaseManifest(formatReleaseManifest(MANIFEST))).toEqual({ is: 'manifest', manifest: MANIFEST });
});

test('a manifest has one artifact a line, for shells to read', () => {
  expect(formatReleaseManifest(MANIFEST)).toBe(`{
"schema": "studio-worker-release/1",
"version": "0.6.0",
"channel": "stable",
"minFrom": "0.5.0-rc.1",
"rollout": 100,
"artifacts": [
{"name":"studio-worker-x86_64-unknown-linux-gnu.tar.xz","kind":"worker","target":"x86_64-unknown-linux-gnu","sizeBytes":1,"sha256":"${SHA256}"},
{"name":"pack.tar.zst","kind":"pack","target":"x86_64-unknown-linux-gnu","flavour":"cuda","sizeBytes":1,"sha256":"${SHA256}"},
{"name":"sd-master.zip","kind":"sd-cpp","target":"x86_64-unknown-linux-gnu","url":"https://github.com/x/y.zip","sizeBytes":1,"sha256":"${SHA256}"}
]
}
`);
});

test('the manifest of another program is foreign, and so is anything without our schema', () => {
  for (const text of ['{"dist_version":"0.30.4","releases":[]}', '[]', 'null', '7', withField('schema', 'other/1')]) {
    expect(readReleaseManifest(text)).toEqual({ is: 'foreign' });
  }
});

test('fields and kinds of a later version are no fault', () => {
  const later = JSON.stringify({ ...MANIFEST, hooks: [], artifacts: [{ ...WORKER, kind: 'firmware', notes: 'x' }] });
  expect(readReleaseManifest(later)).toEqual({
    is: 'manifest',
    manifest: { ...MANIFEST, artifacts: [{ ...WORKER, kind: 'firmware' }] },
  });
});

test.each([
  ['not JSON', '{'],
  ['version: expected a version', withField('version', '1.0')],
  ['version: expected a version', withField('version', '01.0.0')],
  ['version: is missing', withField('version', undefined)],
  ['minFrom: expected a version', withField('minFrom', 'v1.0.0')],
  ['channel: expected "stable" or "prerelease"', withField('channel', 'nightly')],
  ['rollout: expected <=100', withField('rollout', 101)],
  ['rollout: expected >=0', withField('rollout', -1)],
  ['artifacts: expected Array', withField('artifacts', {})],
  ['artifacts: a name stands there twice', withField('artifacts', [PACK, PACK])],
  ['artifacts: two workers for one target', withField('artifacts', [WORKER, { ...WORKER, name: 'other.tar.xz' }])],
  ['artifacts.0.sha256: expected 64 hex digits', withArtifact('sha256', SHA256.toUpperCase())],
  ['artifacts.0.sizeBytes: expected >=1', withArtifact('sizeBytes', 0)],
  ['artifacts.0.url: expected an https URL', withArtifact('url', 'http://example.com/x')],
  ['artifacts.0.url: expected an https URL', withArtifact('url', 'x')],
])('a manifest of ours that is wrong says what: %s', (because, text) => {
  expect(readReleaseManifest(text)).toEqual({ is: 'invalid', because });
});

test.each(['', '.', '..', '../x', 'a/b', 'a\\b', 'C:x', '-rf', 'a b', 'a\n', 'ä', 'x.', 'x'.repeat(201)])(
  'a name that could leave its folder or mislead a shell is refused: %j',
  (name) => {
    expect(readReleaseManifest(withArtifact('name', name))).toMatchObject({ is: 'invalid' });
  },
);

test('a target gets its own archive, and one without has none', () => {
  expect(workerFor(MANIFEST, 'x86_64-unknown-linux-gnu')).toEqual(WORKER);
  expect(workerFor(MANIFEST, 'aarch64-apple-darwin')).toBe(undefined);
});
