import { expect, test } from 'bun:test';
import { bytesIn, joinBytes, readLimited } from '../../../src/base/bytes.ts';

const PARTS = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];

test('parts are counted and joined in order, into a buffer of their own', () => {
  const whole = joinBytes(PARTS);
  expect([bytesIn(PARTS), ...whole]).toEqual([3, 1, 2, 3]);
  expect(whole.buffer.byteLength).toBe(3);
  expect(joinBytes([])).toEqual(new Uint8Array());
});

/** A body that notes how many of its chunks were asked for. */
function aBody(chunks: number, chunkBytes: number) {
  const asked = { chunks: 0 };
  async function* body(): AsyncGenerator<Uint8Array> {
    for (; asked.chunks < chunks;) {
      asked.chunks++;
      yield await Promise.resolve(new Uint8Array(chunkBytes));
    }
  }
  return { asked, body: body() };
}

const tooLarge = (): Error => new Error('too large');

test('a body of exactly the limit is read whole', async () => {
  const { body } = aBody(4, 25);
  expect((await readLimited(body, { maxBytes: 100, tooLarge })).byteLength).toBe(100);
});

test('a body over the limit is not asked for more of itself', async () => {
  const { body, asked } = aBody(1_000, 25);
  expect(await readLimited(body, { maxBytes: 99, tooLarge }).catch((thrown: unknown) => thrown)).toEqual(tooLarge());
  expect(asked.chunks).toBe(4);
});

test('an answer without a body is an empty one', async () => {
  expect(await readLimited(null, { maxBytes: 0, tooLarge })).toEqual(new Uint8Array());
});
