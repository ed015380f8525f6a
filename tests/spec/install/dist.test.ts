import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import manifest from '../../../dist-manifest.json';
import { dist } from '../../../install/dist.ts';
import { fetchAndBuild } from '../../../install/packs.ts';
import { openReleaseFolder } from '../../../install/release-files.ts';
import { sdCppArtifacts } from '../../../install/sd-cpp.ts';
import { generateSecretKey, publicKeyOf } from '../../../install/sign.ts';
import { TARGETS, targetOf } from '../../../install/targets.ts';
import { readReleaseManifest } from '../../../src/release/manifest.ts';
import { verifyMinisign } from '../../../src/release/minisign.ts';
import { signatureCrypto } from '../../../src/system/signature-crypto.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, variable } from '../../needs.ts';

const HEAD = { version: '1.2.3', channel: 'stable', minFrom: '1.0.0', rollout: 50 } as const;
const FILE = { name: 'studio-worker.tar.xz', kind: 'worker', target: 'x86_64-unknown-linux-gnu' };
const CONTENT = new TextEncoder().encode('an archive');
const key = generateSecretKey();
const trusted = [{ use: 'daily', publicKey: publicKeyOf(key) }];

test('a release is signed, and its manifest names what was written', async () => {
  await using folder = await tempFolder();
  const files = openReleaseFolder(folder.at('release'));
  const artifact = files.add(CONTENT, FILE);
  files.finish(HEAD, [], { key, trusted });
  const bytes = await Bun.file(folder.at('release/dist-manifest.json')).bytes();
  const signature = await Bun.file(folder.at('release/dist-manifest.json.minisig')).text();
  expect(verifyMinisign(bytes, signature, trusted, signatureCrypto)).toMatchObject({
    is: 'valid',
    trustedComment: 'studio-worker 1.2.3 stable',
  });
  expect(readReleaseManifest(new TextDecoder().decode(bytes))).toEqual({
    is: 'manifest',
    manifest: { schema: 'studio-worker-release/1', ...HEAD, artifacts: [artifact] },
  });
});

needs('sha256sum')('the program sha256sum finds every file of a release right', async () => {
  await using folder = await tempFolder();
  const files = openReleaseFolder(folder.path);
  files.add(CONTENT, FILE);
  files.finish(HEAD, [], { key, trusted });
  for (const sums of ['sha256.sum', `${FILE.name}.sha256`]) {
    const { stdout, exitCode } = Bun.spawnSync(['sha256sum', '-c', sums], { cwd: folder.path });
    expect([exitCode, stdout.toString()]).toEqual([0, expect.stringContaining(`${FILE.name}: OK`)]);
  }
  const summed = (await Bun.file(folder.at('sha256.sum')).text()).match(/(?<=\*).*/g) ?? [];
  const written = (await readdir(folder.path)).filter((name) => !/\.sha256$|\.sum$/.test(name));
  expect([...summed].toSorted()).toEqual(written.toSorted());
});

test('a key that no executable trusts is refused before anything is built', async () => {
  await using folder = await tempFolder();
  const building = dist({
    targets: TARGETS,
    folder: folder.at('release'),
    signKey: generateSecretKey(),
    log: () => {},
  });
  expect(await failureOf(building)).toMatchObject({
    code: 'file.unusable',
    hint: expect.stringContaining('docs/releasing.md'),
  });
  expect(await readdir(folder.path)).toEqual([]);
});

test('a folder that has something in it becomes no release', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('old.tar.xz'), 'of yesterday');
  expect(() => openReleaseFolder(folder.path)).toThrow('is not empty');
});

test('each pinned build of stable-diffusion.cpp is named with its address and size, and once', async () => {
  const artifacts = await sdCppArtifacts(manifest.sdCliSha256, (url) => Promise.resolve(url.length));
  expect(artifacts.map(({ name }) => name).toSorted()).toEqual(Object.keys(manifest.sdCliSha256).toSorted());
  for (const { url = '', name, sizeBytes } of artifacts)
    expect([url.endsWith(`/${name}`), sizeBytes]).toEqual([true, url.length]);
  expect(artifacts.find(({ name }) => name.includes('Darwin'))?.target).toBe('universal-apple-darwin');
});

test('every pack in the manifest has its digest and both sizes', () => {
  for (const { packs } of manifest.targets) {
    for (const { sha256, sizeBytes, unpackedBytes } of packs) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(unpackedBytes).toBeGreaterThan(sizeBytes);
    }
  }
});

needs(variable('STUDIO_WORKER_TEST_PACKS'))(
  'the packs that are built here have the digests that are committed',
  async () => {
    await using folder = await tempFolder();
    for (const { triple, packs } of manifest.targets) {
      for (const entry of packs) {
        const { facts } = await fetchAndBuild(targetOf(triple), entry, folder.path);
        expect([entry.file, facts.sha256, facts.sizeBytes]).toEqual([entry.file, entry.sha256, entry.sizeBytes]);
      }
    }
  },
  3_600_000,
);
