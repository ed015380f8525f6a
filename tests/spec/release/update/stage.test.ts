import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toWorkerError, WorkerError } from '../../../../src/base/errors.ts';
import type { TrustedRelease } from '../../../../src/release/feed/trusted.ts';
import type { Artifact } from '../../../../src/release/manifest.ts';
import { supersededReleases } from '../../../../src/release/update/superseded.ts';
import { type StageDeps, stageRelease } from '../../../../src/release/update/stage.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { aRelease } from '../../../fakes/release/a-release.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const TARGET = 'x86_64-unknown-linux-gnu';
const ARCHIVE = new TextEncoder().encode('an archive with an executable');
const INSTALLER = new TextEncoder().encode('#!/bin/sh\nexit 0\n');
const artifactOf = (name: string, kind: string, target: string, bytes: Uint8Array): Artifact => ({
  name,
  kind,
  target,
  sizeBytes: bytes.byteLength,
  sha256: sha256(bytes).toHex(),
});
const RELEASE = aRelease('0.6.0', {
  artifacts: [artifactOf('w.tar.xz', 'worker', TARGET, ARCHIVE), artifactOf('i.sh', 'installer', 'any', INSTALLER)],
});

/** Stages into memory, from a host that has these bytes. */
function setup(about: { archive?: Uint8Array; installer?: Uint8Array } & Partial<StageDeps> = {}) {
  const { archive = ARCHIVE, installer = INSTALLER, ...over } = about;
  const files = new MemoryFiles();
  const did: string[] = [];
  const deps: StageDeps = {
    root: '/updates',
    join: (...parts) => parts.join('/'),
    files,
    http: { request: async () => ({ status: 200, statusText: 'OK', headers: {}, body: installer }) },
    target: TARGET,
    binary: 'studio-worker',
    installerFile: 'i.sh',
    fetchArchive: async () => {
      did.push('fetch');
      await files.writeAtomic('/updates/.downloads/w', archive);
      return '/updates/.downloads/w';
    },
    async sumOf(path) {
      const bytes = (await files.readBytes(path)) ?? new Uint8Array();
      return { sizeBytes: bytes.byteLength, sha256: sha256(bytes).toHex() };
    },
    unpack: async (_archive, member, to) => {
      did.push(`unpack ${member}`);
      await files.writeAtomic(to, 'program');
    },
    async selfTest(_program, words) {
      did.push(`self-test ${words.join(' ')}`);
      return undefined;
    },
    log: recordingLogger(),
    ...over,
  };
  const stage = (release = RELEASE) => stageRelease(release, deps, new AbortController().signal);
  return {
    files,
    did,
    stage,
    failure: async (release?: TrustedRelease) => toWorkerError(await failureOf(stage(release))),
  };
}

test('a release counts as staged once fetched, verified, unpacked and self-tested', async () => {
  const at = setup();
  expect(await at.stage()).toEqual({
    version: '0.6.0',
    folder: '/updates/0.6.0',
    program: '/updates/0.6.0/studio-worker',
    installer: '/updates/0.6.0/i.sh',
  });
  expect(at.did).toEqual([
    'fetch',
    `unpack studio-worker-${TARGET}/studio-worker`,
    'self-test --manifest /updates/0.6.0/dist-manifest.json --signature /updates/0.6.0/dist-manifest.json.minisig --archive /updates/0.6.0/w.tar.xz',
  ]);
});

test('what was fetched before is verified again, and not fetched', async () => {
  const at = setup();
  await at.stage();
  await at.stage();
  expect(at.did.filter((one) => one === 'fetch')).toHaveLength(1);
  await at.files.writeAtomic('/updates/0.6.0/w.tar.xz', 'another');
  await at.stage();
  expect(at.did.filter((one) => one === 'fetch')).toHaveLength(2);
});

test('releases that were staged before make way', async () => {
  const at = setup();
  await at.files.writeAtomic('/updates/0.5.9/w.tar.xz', 'old');
  await at.stage();
  expect(await at.files.list('/updates')).toEqual(['0.6.0']);
});

test('only the signed archive and installer are unpacked or run', async () => {
  const change = (bytes: Uint8Array) =>
    fc.oneof(
      fc.tuple(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 })).map(([place, by]) => {
        const changed = Uint8Array.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ by;
        return changed;
      }),
      fc.nat(bytes.byteLength - 1).map((length) => bytes.slice(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => Uint8Array.from([...bytes, ...more])),
    );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        change(ARCHIVE).map((archive) => ({ archive })),
        change(INSTALLER).map((installer) => ({ installer })),
      ),
      async (changed) => {
        const at = setup(changed);
        expect(await at.failure()).toMatchObject({ code: 'update.untrusted' });
        expect(at.did.filter((one) => one !== 'fetch')).toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});

test('an executable that fails its own test is a fault of the release', async () => {
  const at = setup({ selfTest: async () => 'its code does not load' });
  expect(await at.failure()).toMatchObject({
    code: 'update.failed',
    message: 'release 0.6.0 fails its own test: its code does not load',
  });
});

test('a full disk during staging is named and not blamed on the release', async () => {
  const at = setup({ fetchArchive: () => Promise.reject(new WorkerError('disk.full', 'no space left')) });
  expect(await at.failure()).toMatchObject({ code: 'disk.full' });
  const full = setup();
  full.files.full = true;
  expect((await full.failure()).code).not.toBe('update.untrusted');
});

test('a feed that omits a file or uses plain http is not trusted', async () => {
  const at = setup();
  expect(await at.failure({ ...RELEASE, urlOf: () => undefined })).toMatchObject({ code: 'update.untrusted' });
  const open = { ...RELEASE, urlOf: () => 'http://192.0.2.1/w' };
  expect((await at.failure(open)).message).toContain('is neither https nor on this machine');
});

test('a staged release is overtaken once the same version or a newer one runs', () => {
  const staged = ['0.4.0', '0.5.0', '0.6.0', '.downloads', 'notes'];
  expect(supersededReleases(staged, '0.5.0')).toEqual(['0.4.0', '0.5.0']);
  expect(supersededReleases(staged, 'a build of today')).toEqual([]);
});
