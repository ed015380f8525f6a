import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { KIB } from '../../../../src/base/units.ts';
import type { FileProgress } from '../../../../src/models/store/options.ts';
import { SharedDownloads } from '../../../../src/models/store/shared-download.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { aStore, hexOf, SMALL, type StoreScene } from '../../../fakes/models/a-store.ts';
import { type DownloadHost, downloadHost, someBytes } from '../../../fakes/models/download-host.ts';
import { SkippingClock } from '../../../fakes/system/skipping-clock.ts';
import { TEST_MS } from '../../../flow/wait-for.ts';
import { aRemote } from '../../../fakes/system/a-remote.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

setDefaultTimeout(TEST_MS);

interface Scene extends StoreScene, AsyncDisposable {
  readonly server: DownloadHost;
  readonly clock: SkippingClock;
  readonly bytes: Uint8Array;
  /** Names in the model's folder that are not ours alone. */
  published(): Promise<readonly string[]>;
}

async function setup(sizeBytes: number, policy: Partial<typeof SMALL> = {}): Promise<Scene> {
  const folder = await tempFolder();
  const bytes = someBytes(sizeBytes);
  const server = await downloadHost(bytes);
  const clock = new SkippingClock();
  const remote = aRemote({ clock });
  const scene = aStore(folder.path, { policy: { ...SMALL, ...policy }, clock, remote });
  return {
    ...scene,
    server,
    clock,
    bytes,
    published: async () => (await systemFiles.list(`${folder.path}/m`)).filter((name) => !name.startsWith('.')),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const same = async (path: string, bytes: Uint8Array): Promise<boolean> => (await readFile(path)).equals(bytes);

test("a file is fetched into its model's folder, beside its receipt", async () => {
  await using scene = await setup(10 * KIB);
  const path = await scene.fetch({
    url: `${scene.server.url}?token=secret`,
    sha256: ` ${hexOf(scene.bytes).toUpperCase()} `,
  });
  expect(path).toBe(`${scene.root}/m/m.bin`);
  expect(await same(path, scene.bytes)).toBe(true);
  const names = await systemFiles.list(`${scene.root}/m`);
  const receipt = await readFile(`${scene.root}/m/${names.find((name) => name.endsWith('.json'))}`, 'utf8');
  expect(JSON.parse(receipt)).toMatchObject({
    filename: 'm.bin',
    model: 'm',
    sizeBytes: 10 * KIB,
    sha256: hexOf(scene.bytes),
  });
  expect(receipt).not.toContain('secret');
  expect(JSON.stringify(scene.log.events)).not.toContain('secret');
});

test('a file that is there is not asked for again', async () => {
  await using scene = await setup(KIB);
  await scene.fetch({ url: scene.server.url });
  await scene.fetch({ url: scene.server.url });
  expect(scene.server.asked).toHaveLength(1);
});

test('a large file comes in several ranges, a small one in one', async () => {
  await using scene = await setup(300 * KIB);
  const arrived = Promise.withResolvers<void>();
  scene.server.hold = arrived.promise;
  scene.server.fault = (_asked, nth) => {
    if (nth === 1 || nth === 9) arrived.resolve();
    return undefined;
  };
  await same(await scene.fetch({ url: scene.server.url, sha256: hexOf(scene.bytes) }), scene.bytes);
  expect(scene.server.mostLines).toBeGreaterThan(2);
  expect(scene.server.mostLines).toBeLessThanOrEqual(9);
  await using small = await setup(60 * KIB);
  await small.fetch({ url: small.server.url });
  expect(small.server.asked).toHaveLength(1);
});

/** Fetches until so many bytes are there, then gives up. */
async function fetchUpTo(scene: Scene, file: { readonly url: string; readonly filename?: string }, upToBytes: number) {
  const enough = new AbortController();
  scene.server.fault = () => ({ stallAfterBytes: upToBytes });
  const onProgress = ({ doneBytes }: FileProgress): void => {
    if (doneBytes >= upToBytes) enough.abort(new Error('enough'));
  };
  expect(String(await failureOf(scene.fetch(file, { signal: enough.signal, onProgress })))).toContain('enough');
  scene.server.fault = () => undefined;
}

test('an aborted download resumes from any byte to the same file', async () => {
  await using scene = await setup(64 * KIB);
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 64 * KIB - 1 }), async (upToBytes) => {
      const file = { url: scene.server.url, filename: `m-${++serial}.bin`, sha256: hexOf(scene.bytes) };
      await fetchUpTo(scene, file, upToBytes);
      const before = scene.server.sentBytes;
      expect(await same(await scene.fetch(file), scene.bytes)).toBe(true);
      expect(scene.server.sentBytes - before).toBeLessThanOrEqual(64 * KIB - upToBytes + SMALL.blockBytes);
    }),
    { numRuns: 50 },
  );
});

test('a block that the disk lost is fetched again', async () => {
  await using scene = await setup(64 * KIB);
  const file = { url: scene.server.url, sha256: hexOf(scene.bytes) };
  await fetchUpTo(scene, file, 40 * KIB);
  // The store lets go of the file in its own time; the next fetch waits for that, and so do we.
  const part = (await systemFiles.list(`${scene.root}/m`)).find((name) => name.endsWith('.part'));
  const damaged = await readFile(`${scene.root}/m/${part}`);
  damaged.fill(0, 8 * KIB, 9 * KIB);
  await writeFile(`${scene.root}/m/${part}`, damaged);
  expect(await same(await scene.fetch(file), scene.bytes)).toBe(true);
  expect(scene.server.asked.map(({ headers }) => headers.get('range'))).toContain(`bytes=${8 * KIB}-${12 * KIB - 1}`);
});

test('a file that changed at the server between two attempts starts from nothing', async () => {
  await using scene = await setup(64 * KIB, { maxTries: 1 });
  scene.server.fault = () => ({ cutAfterBytes: 30 * KIB });
  await failureOf(scene.fetch({ url: scene.server.url }));
  const other = someBytes(64 * KIB, 99);
  Object.assign(scene.server, { content: other, etag: '"v2"', fault: () => undefined });
  expect(await same(await scene.fetch({ url: scene.server.url }), other)).toBe(true);
});

test('a file that changes while it is fetched never mixes two versions', async () => {
  await using scene = await setup(200 * KIB);
  const other = someBytes(200 * KIB, 99);
  scene.server.fault = (_asked, nth) => {
    if (nth === 5) Object.assign(scene.server, { content: other, etag: '"v2"' });
    return undefined;
  };
  expect(await same(await scene.fetch({ url: scene.server.url }), other)).toBe(true);
});

test('a partial file without checksum or validator is not resumed by another process', async () => {
  await using scene = await setup(64 * KIB, { maxTries: 1 });
  scene.server.etag = undefined;
  scene.server.fault = () => ({ cutAfterBytes: 30 * KIB });
  await failureOf(scene.fetch({ url: scene.server.url }));
  const other = someBytes(64 * KIB, 99);
  Object.assign(scene.server, { content: other, fault: () => undefined });
  expect(await same(await scene.fetch({ url: scene.server.url }), other)).toBe(true);
});

test('a server without ranges or length serves a file all the same', async () => {
  await using scene = await setup(200 * KIB);
  scene.server.ranges = false;
  expect(await same(await scene.fetch({ url: scene.server.url }), scene.bytes)).toBe(true);
  scene.server.saysLength = false;
  const path = await scene.fetch({ url: scene.server.url, filename: 'other.bin', sha256: hexOf(scene.bytes) });
  expect(await same(path, scene.bytes)).toBe(true);
});

test('a body shorter than its length is not published', async () => {
  await using scene = await setup(100 * KIB, { maxTries: 2 });
  scene.server.ranges = false;
  scene.server.fault = () => ({ cutAfterBytes: 50 * KIB });
  expect(await failureOf(scene.fetch({ url: scene.server.url }))).toMatchObject({ code: 'download.failed' });
  expect(await scene.published()).toEqual([]);
});

test('a stalled range is cut and requested again', async () => {
  await using scene = await setup(50 * KIB);
  scene.server.fault = (_asked, nth) => (nth === 1 ? { stallAfterBytes: 20 * KIB } : undefined);
  const onProgress = ({ doneBytes }: FileProgress): void => {
    if (doneBytes === 20 * KIB) scene.clock.skip(SMALL.stallMs);
  };
  const path = await scene.fetch({ url: scene.server.url, sha256: hexOf(scene.bytes) }, { onProgress });
  expect(await same(path, scene.bytes)).toBe(true);
  expect(scene.server.asked[1]?.headers.get('range')).toBe(`bytes=${20 * KIB}-${50 * KIB - 1}`);
  expect(scene.server.asked[1]?.headers.get('if-range')).toBe('"v1"');
});

test('a file hashed by a thread is verified and resumed like others', async () => {
  await using scene = await setup(300 * KIB, { threadFromBytes: 1 });
  const sha256 = hexOf(scene.bytes);
  await fetchUpTo(scene, { url: scene.server.url }, 16 * KIB);
  expect(await same(await scene.fetch({ url: scene.server.url, sha256 }), scene.bytes)).toBe(true);
  const wrong = { url: scene.server.url, filename: 'wrong.bin', sha256: '0'.repeat(64) };
  const failure = await failureOf(scene.fetch(wrong));
  expect(failure).toMatchObject({ code: 'model.checksum-mismatch' });
  expect(String(failure)).toContain(`wrong.bin has the sha256 ${sha256}`);
});

test('a file with another checksum is deleted and named', async () => {
  await using scene = await setup(10 * KIB);
  const failure = await failureOf(scene.fetch({ url: scene.server.url, sha256: '0'.repeat(64) }));
  expect(failure).toMatchObject({ code: 'model.checksum-mismatch', retryable: true });
  expect(String(failure)).toContain('m.bin');
  expect(await scene.published()).toEqual([]);
  expect((await systemFiles.list(`${scene.root}/m`)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test.each([
  [404, 'download.missing', false],
  [403, 'download.missing', false],
  [500, 'download.failed', true],
  [429, 'download.failed', true],
])('a server that answers %i ends the job as %s', async (status, code, retryable) => {
  await using scene = await setup(KIB, { maxTries: 2 });
  scene.server.fault = () => ({ status });
  expect(await failureOf(scene.fetch({ url: scene.server.url }))).toMatchObject({ code, retryable });
  expect(scene.server.asked).toHaveLength(retryable ? 2 : 1);
});

test('a server that asks for an hour of patience fails the job', async () => {
  await using scene = await setup(KIB);
  scene.server.fault = () => ({ status: 503, headers: ['Retry-After: 3600'] });
  expect(await failureOf(scene.fetch({ url: scene.server.url }))).toMatchObject({ code: 'download.failed' });
  expect(scene.server.asked).toHaveLength(1);
});

test('a server that allows fewer ranges than we open gets fewer', async () => {
  await using scene = await setup(300 * KIB);
  scene.server.fault = (asked) => {
    const start = Number(/=(\d+)/.exec(asked.headers.get('range') ?? '')?.[1]);
    return start > 0 && scene.server.asked.length < 9 ? { status: 429 } : undefined;
  };
  expect(await same(await scene.fetch({ url: scene.server.url, sha256: hexOf(scene.bytes) }), scene.bytes)).toBe(true);
});

test('two callers share one download, and one of them may leave', async () => {
  await using scene = await setup(50 * KIB);
  const opened = Promise.withResolvers<void>();
  scene.server.hold = opened.promise;
  const downloads = new SharedDownloads();
  const start = () => scene.fetch({ url: scene.server.url });
  const join = ({ signal }: AbortController) => downloads.join('/models/file', start, { signal, report: () => {} });
  const leaving = new AbortController();
  const first = failureOf(join(leaving));
  const second = join(new AbortController());
  leaving.abort(new Error('enough'));
  expect(String(await first)).toContain('enough');
  opened.resolve();
  expect(await same(await second, scene.bytes)).toBe(true);
  expect(scene.server.asked).toHaveLength(1);
});

test('names that differ in the extension only never share a part file', async () => {
  await using scene = await setup(20 * KIB);
  const paths = await Promise.all(
    ['a.bin', 'a.onnx'].map((filename) => scene.fetch({ url: scene.server.url, filename })),
  );
  for (const path of paths) expect(await same(path, scene.bytes)).toBe(true);
});

test('a full disk fails the download before a byte is requested', async () => {
  await using scene = await setup(KIB);
  const store = aStore(scene.root, {
    files: { ...systemFiles, freeBytes: async () => 6e9 },
    diskFloorBytes: () => 5e9,
  });
  const failure = await failureOf(store.fetch({ url: scene.server.url, approxBytes: 3_000_000_000n }));
  expect(failure).toMatchObject({
    code: 'disk.full',
    retryable: true,
    message: `needs 3.3 GB more; 6.0 GB free at ${store.root}, of which 5.0 GB are reserved (disk_floor_gb)`,
  });
  expect(scene.server.asked).toEqual([]);
});

test('a disk that runs below its floor on the way stops the download', async () => {
  await using scene = await setup(200 * KIB);
  let freeBytes = 300 * KIB;
  const files = { ...systemFiles, freeBytes: async () => (freeBytes -= 1) };
  const store = aStore(scene.root, { files, diskFloorBytes: () => 200 * KIB });
  expect(await failureOf(store.fetch({ url: scene.server.url }))).toMatchObject({ code: 'disk.full' });
  expect(await scene.published()).toEqual([]);
});

test('a disk that does not say what is free is written to', async () => {
  await using scene = await setup(KIB);
  const files = { ...systemFiles, freeBytes: () => Promise.reject(new Error('no such call')) };
  const store = aStore(scene.root, { files, diskFloorBytes: () => 1e12 });
  expect(await same(await store.fetch({ url: scene.server.url }), scene.bytes)).toBe(true);
});
