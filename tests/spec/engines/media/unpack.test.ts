import { describe, expect, test } from 'bun:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createInputFetcher } from '../../../../src/engines/media/inputs.ts';
import { aRemote } from '../../../fakes/system/a-remote.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const PICTURE = new Uint8Array(Buffer.from(`\x89PNG\r\n\x1a\n${'pixels '.repeat(5_000)}`, 'latin1'));
const LIMIT_BYTES = 64 * 1024;
const { signal } = new AbortController();

/** Fetches from a real server that sends these bytes under these headers. */
async function fetched(body: Uint8Array, headers: Record<string, string> = {}, status = 200): Promise<Uint8Array> {
  const answer = (): Response => new Response(new Uint8Array(body), { status, headers });
  using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return await createInputFetcher(aRemote(), LIMIT_BYTES)(
    'init image',
    `http://127.0.0.1:${server.port}/a.png`,
    signal,
  );
}

describe('an input stored packed', () => {
  test.each([
    ['gzip', gzipSync(PICTURE)],
    ['x-gzip', gzipSync(PICTURE)],
    ['GZip', gzipSync(PICTURE)],
    ['deflate', deflateSync(PICTURE)],
    ['deflate', deflateRawSync(PICTURE)],
    ['br', brotliCompressSync(PICTURE)],
    ['zstd', zstdCompressSync(PICTURE)],
    ['gzip, gzip', gzipSync(gzipSync(PICTURE))],
    ['deflate, br', brotliCompressSync(deflateSync(PICTURE))],
    ['aws-chunked, gzip', gzipSync(PICTURE)],
    ['gzip', Buffer.concat([gzipSync(PICTURE.subarray(0, 99)), gzipSync(PICTURE.subarray(99))])],
  ])('as %s arrives as it was before', async (coding, packed) => {
    expect(await fetched(packed, { 'content-encoding': coding })).toEqual(PICTURE);
  });

  test('without a word of it in the header arrives as it was before', async () => {
    expect(await fetched(gzipSync(PICTURE))).toEqual(PICTURE);
    expect(await fetched(gzipSync(PICTURE), { 'content-encoding': 'identity' })).toEqual(PICTURE);
    expect(await fetched(gzipSync(gzipSync(PICTURE)), { 'content-encoding': 'gzip' })).toEqual(PICTURE);
  });

  test('only by its header arrives as its bytes are', async () => {
    expect(await fetched(PICTURE, { 'content-encoding': 'gzip' })).toEqual(PICTURE);
    expect(await fetched(PICTURE, { 'content-encoding': 'zstd' })).toEqual(PICTURE);
  });

  test.each([
    ['gzip', gzipSync(new Uint8Array(64 * 1024 * 1024))],
    ['gzip, gzip', gzipSync(gzipSync(new Uint8Array(64 * 1024 * 1024)))],
    ['br', brotliCompressSync(new Uint8Array(4 * 1024 * 1024))],
    ['zstd', zstdCompressSync(new Uint8Array(64 * 1024 * 1024))],
    ['deflate', deflateSync(new Uint8Array(LIMIT_BYTES + 1))],
  ])('as %s is held to the limit of what it unpacks to', async (coding, packed) => {
    expect(await failureOf(fetched(packed.subarray(0, LIMIT_BYTES), { 'content-encoding': coding }))).toMatchObject({
      code: 'download.too-large',
      message: expect.stringContaining('is larger than 64.0 KiB'),
    });
  });

  test.each([
    ['ends early', gzipSync(PICTURE).subarray(0, 60)],
    ['is damaged', gzipSync(PICTURE).fill(7, 12, 40)],
  ])('that %s is a failed download which names its URL', async (_how, packed) => {
    const failure = await failureOf(fetched(packed, { 'content-encoding': 'gzip' }));
    expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
    expect(String(failure)).toMatch(/the init image of http:\S+ cannot be unpacked/);
  });

  test.each(['compress', 'aes128gcm', 'gzip, gzip, gzip, gzip, gzip'])('as %s is refused by name', async (coding) => {
    expect(await failureOf(fetched(PICTURE, { 'content-encoding': coding }))).toMatchObject({
      code: 'download.missing',
      message: expect.stringContaining(`is packed as ${coding}`),
      hint: 'Serve the init image as it is, or packed by gzip, deflate, br or zstd.',
    });
  });
});

test.each([
  [203, {}],
  [206, { 'content-range': `bytes 0-${PICTURE.byteLength - 1}/${PICTURE.byteLength}` }],
])('an answer of %i that is whole is taken', async (status, headers) => {
  expect(await fetched(PICTURE, headers, status)).toEqual(PICTURE);
});

test.each([
  [206, {}],
  [206, { 'content-range': 'bytes 0-9/100' }],
  [206, { 'content-range': 'bytes 10-19/20' }],
  [206, { 'content-range': 'bytes 0-9/*' }],
])('an answer of %i with a part of the file is refused', async (status, headers) => {
  expect(await failureOf(fetched(PICTURE.subarray(0, 10), headers, status))).toMatchObject({
    code: 'download.missing',
    fields: { status: 206 },
  });
});
