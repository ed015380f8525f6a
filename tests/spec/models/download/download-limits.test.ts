import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { KIB, MIB } from '../../../../src/base/units.ts';
import { aDownload, hexOf, SMALL } from '../../../fakes/models/a-store.ts';
import { SkippingClock } from '../../../fakes/system/skipping-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { TEST_MS } from '../../../flow/wait-for.ts';

setDefaultTimeout(TEST_MS);

test('a server with another version and half the bytes each time is given up', async () => {
  const clock = new SkippingClock();
  await using scene = await aDownload(300 * KIB, { clock });
  const { host } = scene;
  host.fault = ({ headers }, nth) => {
    const isWhole = !headers.has('range');
    const range = isWhole ? { status: 206, contentRange: `bytes 0-307199/307200` } : {};
    return { ...range, etag: `"v${nth}"`, cutAfterBytes: 150 * KIB };
  };
  const failure = await failureOf(scene.fetch({ url: host.url, sha256: hexOf(host.content) }));
  expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
  expect(host.asked.length).toBeLessThan(100);
});

test('a server that keeps cutting changed versions fails after a few restarts', async () => {
  const clock = new SkippingClock();
  await using scene = await aDownload(300 * KIB, { clock });
  const { host } = scene;
  // A worker that would never give up gets another answer in the end.
  host.fault = (_request, nth) => (nth > 300 ? { status: 404 } : { etag: `"v${nth}"`, cutAfterBytes: 150 * KIB });
  const failure = await failureOf(scene.fetch({ url: host.url, sha256: hexOf(host.content) }));
  expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
  expect(host.asked.length).toBeLessThan(100);
});

test('a server that sends a byte for each request is given up', async () => {
  await using scene = await aDownload(300 * KIB, { policy: { ...SMALL, maxRanges: 1, minProgressBytes: KIB } });
  const { host } = scene;
  host.fault = () => ({ cutAfterBytes: 1 });
  expect(await failureOf(scene.fetch({ url: host.url }))).toMatchObject({ code: 'download.failed' });
  expect(host.asked).toHaveLength(SMALL.maxTries);
});

test('a part that nobody requested is rejected by name', async () => {
  await using scene = await aDownload(300 * KIB);
  const { host } = scene;
  host.fault = ({ headers }) =>
    headers.has('range') ? { status: 416 } : { status: 206, contentRange: 'bytes 0-307199/307200' };
  const failure = await failureOf(scene.fetch({ url: host.url }));
  expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
  expect(String(failure)).toContain('a range that was not requested');
});

test.each(['aws-chunked', '', 'none', 'binary', 'identity', 'UTF-8', 'aws-chunked, identity'])(
  'a model whose Content-Encoding is "%s" is taken as it is',
  async (coding) => {
    await using scene = await aDownload(KIB);
    scene.host.fault = () => ({ headers: [`Content-Encoding: ${coding}`] });
    const path = await scene.fetch({ url: scene.host.url });
    expect(hexOf(await readFile(path))).toBe(hexOf(scene.host.content));
  },
);

test.each(['gzip', 'x-gzip', 'br', 'zstd', 'deflate', 'aws-chunked, GZIP'])(
  'a model whose Content-Encoding is "%s" is refused',
  async (coding) => {
    await using scene = await aDownload(KIB);
    scene.host.fault = () => ({ headers: [`Content-Encoding: ${coding}`] });
    expect(await failureOf(scene.fetch({ url: scene.host.url }))).toMatchObject({ code: 'model.not-a-model' });
  },
);

test('a model served as a web page is judged by its checksum', async () => {
  await using scene = await aDownload(300 * KIB);
  const { host } = scene;
  host.contentType = 'text/html; charset=utf-8';
  const path = await scene.fetch({ url: host.url, sha256: hexOf(host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(host.content));
  const sha256 = hexOf(host.content);
  host.content = new TextEncoder().encode('<!doctype html><p>Log in</p>');
  const failure = await failureOf(scene.fetch({ url: host.url, filename: 'page.bin', sha256 }));
  expect(failure).toMatchObject({ code: 'model.not-a-model', retryable: false });
  expect(String(failure)).toContain('it is a web page');
});

test('a model that a proxy answers with 203 is accepted', async () => {
  await using scene = await aDownload(KIB);
  const { host } = scene;
  host.fault = () => ({ status: 203, more: host.content });
  expect(hexOf(await readFile(await scene.fetch({ url: host.url })))).toBe(hexOf(host.content));
});

test.each([true, false])('a body far beyond its approxBytes ends the download (ranges: %p)', async (ranges) => {
  await using scene = await aDownload(20 * MIB);
  const { host } = scene;
  Object.assign(host, { ranges, saysLength: false });
  const failure = await failureOf(scene.fetch({ url: host.url, approxBytes: 1_000_000n }));
  expect(failure).toMatchObject({ code: 'download.too-large', retryable: false });
  expect(String(failure)).toContain('16.0 MiB');
  expect(await scene.left()).toEqual([]);
  expect((await scene.fetch({ url: host.url, approxBytes: 6_000_000n })).endsWith('m.bin')).toBe(true);
});

test('a body larger than any model this machine runs ends the download', async () => {
  await using scene = await aDownload(300 * KIB, { maxFileBytes: 200 * KIB });
  scene.host.ranges = false;
  scene.host.saysLength = false;
  expect(await failureOf(scene.fetch({ url: scene.host.url }))).toMatchObject({ code: 'download.too-large' });
  expect(await scene.left()).toEqual([]);
});
