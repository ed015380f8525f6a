import { expect, test } from 'bun:test';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { toWorkerError } from '../../../src/base/errors.ts';
import { join } from 'node:path';
import { KIB } from '../../../src/base/units.ts';
import type { FileProgress } from '../../../src/models/store/options.ts';
import { releaseFileUrl } from '../../../src/release/pack-url.ts';
import { createPackStore, type Pack, packNamed } from '../../../src/release/packs.ts';
import { createModelStore } from '../../../src/models/store/store.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { acquireLock } from '../../../src/system/disk/lock.ts';
import { createNativeCache } from '../../../src/system/native/native-cache.ts';
import { aStore, hexOf } from '../../fakes/models/a-store.ts';
import { downloadHost } from '../../fakes/models/download-host.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

/** Noise, so that it stays as large when it is packed. */
const LIBRARY = noise(200 * KIB);
function noise(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

const ADDON = 'linux-x64-vulkan/bins/linux-x64-vulkan/llama-addon.node';

/** A release with one small pack, on a server of this machine, and the cache of an account. */
async function setup(about: Partial<Pack> & { freeBytes?: number } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const archive = await Bun.zstdCompress(await new Bun.Archive({ [ADDON]: LIBRARY }).bytes());
  const host = stack.use(await downloadHost(new Uint8Array(archive)));
  const log = recordingLogger();
  const { freeBytes, ...changed } = about;
  const pack: Pack = {
    name: 'vulkan',
    flavour: 'vulkan',
    file: 'pack.tar.zst',
    sha256: hexOf(new Uint8Array(archive)),
    sizeBytes: archive.byteLength,
    unpackedBytes: LIBRARY.byteLength,
    needs: { library: 'libvulkan.so.1', function: 'vkGetInstanceProcAddr' },
    ...changed,
  };
  const root = folder.at('packs');
  const environment = { platform: 'linux', homeDir: '', tempDir: folder.path, get: () => folder.at('cache') } as const;
  const open = () =>
    createPackStore({
      root: () => root,
      openStore: (at) => {
        const { options } = aStore(at);
        if (freeBytes === undefined) return createModelStore(options);
        return createModelStore({ ...options, files: { ...systemFiles, freeBytes: async () => freeBytes } });
      },
      cache: createNativeCache({ environment, payloads: {} }),
      files: systemFiles,
      lock: (path) => acquireLock(path, { pid: process.pid }),
      clock: systemClock,
      urlOf: (file) => `http://127.0.0.1:${host.port}/${file}?key=secret`,
      log,
    });
  const { signal } = new AbortController();
  return { host, log, pack, root, open, signal, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a pack is fetched once, checked, unpacked and found by the next process', async () => {
  await using scene = await setup();
  const { open, pack, signal, host, root } = scene;
  expect(open().find(pack)).toBeUndefined();
  const folder = await open().pull(pack, signal);
  expect(new Uint8Array(await readFile(join(folder, ADDON)))).toEqual(LIBRARY);
  expect(open().find(pack)).toBe(folder);
  const asked = host.asked.length;
  expect(await open().pull(pack, signal)).toBe(folder);
  expect(host.asked).toHaveLength(asked);
  expect((await readdir(join(root, 'llama-vulkan'))).filter((name) => name.endsWith('.zst'))).toEqual([]);
});

test('start, progress and end of a pack download are logged with its size', async () => {
  await using scene = await setup();
  await scene.open().pull(scene.pack, scene.signal);
  expect(new Set(scene.log.names())).toEqual(new Set(['pack.fetch-started', 'pack.fetch-advanced', 'pack.fetched']));
  const started = scene.log.find('pack.fetch-started')?.fields;
  const url = expect.stringMatching(/\/pack\.tar\.zst$/);
  expect(started).toMatchObject({ pack: 'vulkan', size: expect.stringMatching(/^\d/), url });
});

test('a pack with another digest is rejected and nothing of it stays', async () => {
  await using scene = await setup({ sha256: 'ab'.repeat(32) });
  const { open, pack, signal } = scene;
  expect(await failureOf(open().pull(pack, signal))).toMatchObject({ code: 'model.checksum-mismatch' });
  expect(open().find(pack)).toBeUndefined();
});

test('a pack without a digest in this release is not even requested', async () => {
  await using scene = await setup({ sha256: '' });
  expect(await failureOf(scene.open().pull(scene.pack, scene.signal))).toMatchObject({
    code: 'engine.unavailable',
    message: 'this release has no checksum for its pack vulkan, so it is not fetched',
  });
  expect(scene.host.asked).toEqual([]);
});

test('an aborted download resumes where it stopped', async () => {
  await using scene = await setup();
  const { open, pack, host } = scene;
  const abort = new AbortController();
  const halfway = ({ doneBytes }: FileProgress): void => {
    if (doneBytes > 100 * KIB) abort.abort(new Error('enough for now'));
  };
  expect(await failureOf(open().pull(pack, abort.signal, halfway))).toMatchObject({ message: 'enough for now' });
  const before = host.asked.length;
  await open().pull(pack, scene.signal);
  expect(host.asked.slice(before).map(({ headers }) => headers.get('range'))).not.toContain('bytes=0-');
});

test('a disk too full for a pack fails before a byte is fetched', async () => {
  await using scene = await setup({ freeBytes: 300 * KIB });
  expect(await failureOf(scene.open().pull(scene.pack, scene.signal))).toMatchObject({ code: 'disk.full' });
  expect(scene.host.sentBytes).toBe(0);
});

test('several callers that need a pack at once share one download', async () => {
  await using scene = await setup();
  const { open, pack, signal, host } = scene;
  const one = open();
  const folders = await Promise.all([one, one, open()].map((packStore) => packStore.pull(pack, signal)));
  expect(new Set(folders).size).toBe(1);
  expect(host.asked.filter(({ headers }) => headers.get('range') === 'bytes=0-')).toHaveLength(1);
});

test('a pack whose file was cut is not found, and fetched again', async () => {
  await using scene = await setup();
  const { open, pack, signal } = scene;
  const folder = await open().pull(pack, signal);
  await truncate(join(folder, ADDON), 7);
  expect(open().find(pack)).toBeUndefined();
  expect(await open().pull(pack, signal)).toBe(folder);
  expect(new Uint8Array(await readFile(join(folder, ADDON)))).toEqual(LIBRARY);
});

test.each([
  ['https://api.github.com/repos/a/b/releases', 'https://github.com/a/b/releases/download/studio-worker-v1.2.3/p.zst'],
  [
    'https://api.github.com/repos/a/b/releases/?per_page=9',
    'https://github.com/a/b/releases/download/studio-worker-v1.2.3/p.zst',
  ],
  ['https://mirror.lan/feed/', 'https://mirror.lan/feed/download/studio-worker-v1.2.3/p.zst'],
  ['https://mirror.lan/feed?key=1', 'https://mirror.lan/feed/download/studio-worker-v1.2.3/p.zst?key=1'],
])('files of a release that %s lists are beside it', (feed, url) => {
  expect(releaseFileUrl(feed, '1.2.3', 'p.zst')).toBe(url);
});

test('a pack is found by its name; no other name is', async () => {
  const packs = [{ name: 'cuda' }, { name: 'vulkan' }];
  expect(packNamed(packs, 'vulkan')).toEqual({ name: 'vulkan' });
  const hintOf = async (known: readonly { readonly name: string }[]) =>
    toWorkerError(await failureOf(Promise.try(() => packNamed(known, 'rocm')))).hint;
  expect(await hintOf(packs)).toBe('Name one of cuda, vulkan.');
  expect(await hintOf([])).toBe('Run the engine without a pack: there is none for this system.');
});
