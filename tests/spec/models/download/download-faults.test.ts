import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError } from '../../../../src/base/errors.ts';
import { bytesIn } from '../../../../src/base/bytes.ts';
import { KIB } from '../../../../src/base/units.ts';
import type { FileProgress, ModelStoreOptions } from '../../../../src/models/store/options.ts';
import { aDownload, type DownloadScene, hexOf, SMALL } from '../../../fakes/models/a-store.ts';
import { type ControlResult } from '../../../fakes/models/download-host.ts';
import { TEST_MS } from '../../../flow/wait-for.ts';
import { aRemote } from '../../../fakes/system/a-remote.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';
import { onSmallDisk, SMALL_DISK } from '../../../fakes/system/small-disk.ts';
import { needs } from '../../../needs.ts';

setDefaultTimeout(TEST_MS);

/** Proportioned like the real one: what all lines hold unfinished is one range. */
const POLICY = { ...SMALL, blocksPerRange: SMALL.maxRanges };
const RANGE_BYTES = POLICY.blocksPerRange * POLICY.blockBytes;

const setup = (sizeBytes: number, choice: Partial<ModelStoreOptions> = {}): Promise<DownloadScene> =>
  aDownload(sizeBytes, { policy: POLICY, ...choice });

/** Numbers below `most`, the same in each run. */
function seeded(seed: number): (most: number) => number {
  let state = seed;
  return (most) => (state = (state * 48_271) % 2_147_483_647) % most;
}

const startOf = ({ headers }: ControlResult): number => Number(/=(\d+)/.exec(headers.get('range') ?? '')?.[1] ?? 0);

test('100 cuts at random places cost at most one range each', async () => {
  await using scene = await setup(4_000 * KIB, { policy: { ...POLICY, maxTries: 1_000 } });
  const { host } = scene;
  const random = seeded(7);
  let cuts = 0;
  host.fault = () => (cuts < 100 ? { cutAfterBytes: (cuts++, random(RANGE_BYTES)) } : undefined);
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
  expect(cuts).toBe(100);
  const againBytes = host.sentBytes - host.content.byteLength;
  expect(againBytes).toBeLessThanOrEqual(host.brokenBytes);
  expect(againBytes).toBeLessThanOrEqual(100 * RANGE_BYTES);
});

test('100 downloads aborted and resumed cost at most a block each', async () => {
  await using scene = await setup(1_600 * KIB, { policy: { ...POLICY, maxRanges: 1 } });
  const { host } = scene;
  const random = seeded(11);
  const file = { url: host.url, sha256: hexOf(host.content) };
  for (let cut = 0; cut < 100; cut++) {
    const cutAt = 1 + random(25 * KIB);
    const givingUp = new AbortController();
    let startedAt = 0;
    host.fault = (asked) => ((startedAt = startOf(asked)), { stallAfterBytes: cutAt });
    const onProgress = ({ doneBytes }: FileProgress): void => {
      if (doneBytes - startedAt >= cutAt) givingUp.abort(new Error('given up'));
    };
    const fetched = scene.next().fetch(file, { signal: givingUp.signal, onProgress });
    expect(String(await failureOf(fetched))).toContain('given up');
  }
  host.fault = () => undefined;
  expect(hexOf(await readFile(await scene.next().fetch(file)))).toBe(hexOf(host.content));
  expect(host.asked).toHaveLength(101);
  expect(host.sentBytes - host.content.byteLength).toBeLessThanOrEqual(100 * POLICY.blockBytes);
});

test('a download whose process is killed again and again still gets there', async () => {
  await using scene = await setup(1_000 * KIB);
  const { host } = scene;
  const random = seeded(3);
  for (let kill = 0; kill < 4; kill++) {
    host.fault = () => ({ stallAfterBytes: random(16 * KIB) });
    const [partial] = await scene.store.list();
    const child = pull(scene, (partial?.sizeBytes ?? 0) + 8 * KIB);
    expect(await child.says()).toContain('under way');
    child.kill();
    await child.ended;
  }
  host.fault = () => undefined;
  const there = (await scene.store.list())[0]?.sizeBytes ?? 0;
  expect(there).toBeGreaterThan(0);
  const before = host.sentBytes;
  expect(hexOf(await readFile(await scene.next().fetch({ url: host.url })))).toBe(hexOf(host.content));
  expect(host.sentBytes - before).toBeLessThanOrEqual(host.content.byteLength - there);
});

test('two processes that want one file fetch it once', async () => {
  await using scene = await setup(300 * KIB);
  const { host } = scene;
  const opened = Promise.withResolvers<void>();
  host.hold = opened.promise;
  const children = [pull(scene), pull(scene)];
  const waits = children.map((child) => child.says());
  expect(await Promise.any(waits)).toContain('waiting');
  opened.resolve();
  for (const said of await Promise.all(children.map((child) => child.ended))) expect(said.code).toBe(0);
  expect(host.asked.filter((asked) => startOf(asked) === 0)).toHaveLength(1);
  expect((await scene.store.list()).map(({ state }) => state)).toEqual(['whole']);
});

/** A download in a process of its own, under whatever it is started by. */
function pull({ root, host }: DownloadScene, sayAfterBytes = 0, under: readonly string[] = []) {
  const program = join(import.meta.dir, '../../../fakes/models/pull-child.ts');
  const child = Bun.spawn([...under, process.execPath, program, root, host.url, String(sayAfterBytes)], {
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const reader = child.stdout.getReader();
  return {
    says: async () => new TextDecoder().decode((await within(10_000, 'a word of the child', reader.read())).value),
    kill: () => child.kill('SIGKILL'),
    ended: child.exited.then(async (code) => ({ code, err: await new Response(child.stderr).text() })),
  };
}

test('a host that resolves elsewhere for the second range is never contacted', async () => {
  const answers = [['127.0.0.1'], ['169.254.169.254']];
  let lookups = 0;
  const remote = aRemote({ resolve: async () => answers[Math.min(lookups++, 1)] ?? [] });
  await using scene = await setup(300 * KIB, { remote });
  const { host } = scene;
  const failure = await failureOf(scene.fetch({ url: `http://models.localhost:${host.port}/m.bin` }));
  expect(failure).toMatchObject({ code: 'url.refused', retryable: false });
  expect(String(failure)).toContain('leads to 169.254.169.254');
  expect(host.asked.map(startOf)).toEqual([0]);
  expect(lookups).toBeGreaterThan(1);
});

test.each([
  ['http://models.example/m.bin', 'must use https'],
  ['http://10.0.0.7/m.bin', 'must use https'],
  ['https://10.0.0.7/m.bin', 'not on the public internet'],
  ['https://[fd00:ec2::254]/latest', 'not on the public internet'],
  ['https://169.254.169.254/latest/meta-data', 'not on the public internet'],
])('a redirect to %s fails the job for good', async (location, reason) => {
  await using scene = await setup(KIB);
  scene.host.fault = () => ({ status: 302, headers: [`Location: ${location}`] });
  const failure = await failureOf(scene.fetch({ url: scene.host.url }));
  expect(failure).toMatchObject({ code: 'url.refused', retryable: false });
  expect(String(failure)).toContain(reason);
  expect(scene.host.asked).toHaveLength(1);
});

test('a server that sends more than a range holds does no harm', async () => {
  await using scene = await setup(300 * KIB);
  const { host } = scene;
  host.fault = () => ({ more: new Uint8Array(10 * KIB).fill(7) });
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
});

test.each([
  ['another start', 'bytes 4096-8191/307200'],
  ['no size', 'bytes 0-8191/*'],
  ['nothing that reads', 'parts of it'],
])('a server that answers a range with %s is asked for everything', async (_what, contentRange) => {
  await using scene = await setup(300 * KIB);
  const { host } = scene;
  host.fault = () => ({ contentRange });
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
  expect(host.asked.map(({ headers }) => headers.has('range'))).toEqual([true, false]);
});

test('a server that lies about sizes is downloaded from without ranges', async () => {
  await using scene = await setup(300 * KIB);
  const { host } = scene;
  host.fault = ({ headers }, nth) => {
    const asked = startOf({ headers, path: '' });
    return { contentRange: `bytes ${asked}-${asked + 1}/${300 * KIB + nth}` };
  };
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
  expect(host.asked.at(-1)?.headers.has('range')).toBe(false);
});

test('a size that no model has is rejected before anything is written', async () => {
  await using scene = await setup(KIB);
  scene.host.fault = () => ({ contentRange: 'bytes 0-1/999999999999999' });
  const failure = await failureOf(scene.fetch({ url: scene.host.url }));
  expect(failure).toMatchObject({ code: 'download.too-large', retryable: false });
  expect(await scene.left()).toEqual([]);
});

test('a server with another version each time is read in one piece', async () => {
  await using scene = await setup(300 * KIB);
  const { host } = scene;
  host.fault = (_asked, nth) => ({ etag: `"v${nth}"` });
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
  expect(host.asked.at(-1)?.headers.has('range')).toBe(false);
});

test('a compressed copy of a model is rejected with its encoding named', async () => {
  await using scene = await setup(KIB);
  scene.host.fault = () => ({ headers: ['Content-Encoding: gzip'] });
  const failure = await failureOf(scene.fetch({ url: scene.host.url }));
  expect(failure).toMatchObject({ code: 'model.not-a-model', retryable: false });
  expect(String(failure)).toContain('answers with a gzip copy of the file');
  expect(await scene.left()).toEqual([]);
});

test('a download that cannot be resumed leaves nothing on the disk', async () => {
  await using scene = await setup(100 * KIB, { policy: { ...POLICY, maxTries: 2 } });
  scene.host.ranges = false;
  scene.host.fault = () => ({ cutAfterBytes: 50 * KIB });
  expect(await failureOf(scene.fetch({ url: scene.host.url }))).toMatchObject({ code: 'download.failed' });
  expect(await scene.left()).toEqual([]);
});

needs(...SMALL_DISK)('a download that fills the disk fails with disk.full', async () => {
  await using scene = await setup(300 * KIB);
  const { err } = await pull(scene, 0, onSmallDisk(scene.root, 200 * KIB)).ended;
  expect(err).toContain('disk.full');
  expect(err).not.toContain('internal');
  expect(scene.host.sentBytes).toBeGreaterThan(0);
});

test('a disk that is full for one write costs no written byte', async () => {
  // On one line, so that no request of the first download is still on its way when the second is counted.
  await using scene = await setup(300 * KIB, { policy: { ...POLICY, maxRanges: 1 } });
  const { options, host } = scene;
  let room = 100 * KIB;
  const full = scene.next({
    openPart: async (path, how) => {
      const file = await options.openPart(path, how);
      return {
        ...file,
        write: async (at, parts) => {
          if ((room -= bytesIn(parts)) < 0) throw new WorkerError('disk.full', `there is no room for ${path}`);
          await file.write(at, parts);
        },
      };
    },
  });
  expect(await failureOf(full.fetch({ url: host.url }))).toMatchObject({ code: 'disk.full', retryable: true });
  const [partial] = await scene.store.list();
  const before = host.sentBytes;
  expect(hexOf(await readFile(await scene.fetch({ url: host.url })))).toBe(hexOf(host.content));
  expect(host.sentBytes - before).toBe(host.content.byteLength - (partial?.sizeBytes ?? 0));
});
