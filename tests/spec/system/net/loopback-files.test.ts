import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { type LoopbackFiles, serveLoopback } from '../../../../src/system/net/loopback-files.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const BYTES = Uint8Array.from({ length: 100 }, (_, at) => at);

async function setup() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const files: LoopbackFiles = serveLoopback();
  stack.defer(() => files.close());
  const get = async (name: string, range?: string) => {
    const answer = await fetch(files.url(name), range === undefined ? {} : { headers: { range } });
    return { status: answer.status, told: answer.headers.get('content-range'), bytes: await answer.bytes() };
  };
  return { files, folder, get, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a loopback file is served from memory or disk under any name', async () => {
  await using at = await setup();
  const path = at.folder.at('weights');
  at.files.put('a b/ü.bin', BYTES);
  at.files.put('file.bin', path);
  expect((await at.get('file.bin')).status).toBe(404);
  await writeFile(path, BYTES);
  for (const name of ['a b/ü.bin', 'file.bin']) {
    expect(await at.get(name)).toEqual({ status: 200, told: null, bytes: BYTES });
  }
  expect((await at.get('other')).status).toBe(404);
  expect(new URL(at.files.url('x')).hostname).toBe('127.0.0.1');
});

test('a range request gets exactly its bytes, one beyond the end none', async () => {
  await using at = await setup();
  at.files.put('m', BYTES);
  const place = fc.nat(120);
  await fc.assert(
    fc.asyncProperty(place, place, async (first, more) => {
      const { status, told, bytes } = await at.get('m', `bytes=${first}-${first + more}`);
      const expected = BYTES.subarray(first, first + more + 1);
      expect([...bytes]).toEqual([...expected]);
      expect(status).toBe(expected.length > 0 ? 206 : 416);
      expect(told).toBe(expected.length > 0 ? `bytes ${first}-${first + expected.length - 1}/100` : 'bytes */100');
    }),
    { numRuns: 40 },
  );
  expect((await at.get('m', 'bytes=90-')).bytes).toEqual(BYTES.subarray(90));
  expect(await at.get('m', 'bytes=-5')).toMatchObject({ status: 200 });
});
