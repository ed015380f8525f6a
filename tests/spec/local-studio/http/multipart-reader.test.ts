import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  boundaryOf,
  createMultipartReader,
  MalformedMultipart,
} from '../../../../src/local-studio/http/multipart-reader.ts';

const BOUNDARY = 'xYzZY';

/** The parts that come out when the body arrives in pieces of this size. */
async function read(body: Uint8Array, pieceBytes: number) {
  const parts: { name: string; bytes: number[] }[] = [];
  const reader = createMultipartReader(BOUNDARY, {
    onHead: ({ name }) => void parts.push({ name, bytes: [] }),
    onBytes: (bytes) => {
      parts.at(-1)?.bytes.push(...bytes);
      return Promise.resolve();
    },
  });
  for (let at = 0; at < body.byteLength; at += pieceBytes) await reader.push(body.slice(at, at + pieceBytes));
  return { parts, complete: reader.complete };
}

const bodyOf = (parts: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Uint8Array =>
  Buffer.concat([
    ...parts.flatMap(({ name, bytes }) => [
      Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);

/** Bytes that look like line ends and boundaries more often than chance would have it. */
const tricky = fc
  .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n--', `\r\n--${BOUNDARY.slice(0, 4)}`, 'a', '\u0000'), {
    maxLength: 12,
  })
  .map((pieces) => new Uint8Array(Buffer.from(pieces.join(''))));

test('every part comes out whole, however the body is cut into chunks', async () => {
  const parts = fc.array(fc.record({ name: fc.constantFrom('prompt', 'ext', 'image'), bytes: tricky }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (sent, pieceBytes) => {
      const got = await read(bodyOf(sent), pieceBytes);
      expect(got.complete).toBe(true);
      expect(got.parts).toEqual(sent.map(({ name, bytes }) => ({ name, bytes: [...bytes] })));
    }),
    { numRuns: 60 },
  );
});

test('a body cut anywhere before its end is not complete', async () => {
  const body = bodyOf([{ name: 'image', bytes: new Uint8Array([1, 2, 3]) }]);
  for (let length = 0; length < body.byteLength - 3; length++) {
    expect((await read(body.slice(0, length), 64)).complete).toBe(false);
  }
});

test('a head without an end or a name is malformed', async () => {
  const endless = Buffer.from(`--${BOUNDARY}\r\n${'x'.repeat(20_000)}`);
  expect(await read(endless, 1_000).catch((thrown: unknown) => thrown)).toBeInstanceOf(MalformedMultipart);
  const nameless = Buffer.from(`--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\n`);
  expect(await read(nameless, 1_000).catch((thrown: unknown) => thrown)).toBeInstanceOf(MalformedMultipart);
});

test('an overlong part header is malformed however the body is split', async () => {
  const bodyWith = (headBytes: number): Uint8Array => {
    const disposition = 'Content-Disposition: form-data; name="a"\r\nX: ';
    const head = disposition + 'x'.repeat(headBytes - disposition.length);
    return Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n\r\n--${BOUNDARY}--`);
  };
  for (const pieceBytes of [1, 1_000, 100_000]) {
    expect((await read(bodyWith(16 * 1024), pieceBytes)).complete).toBe(true);
    expect(await read(bodyWith(16 * 1024 + 1), pieceBytes).catch((thrown) => thrown)).toBeInstanceOf(
      MalformedMultipart,
    );
  }
});

test('the boundary is read with and without quotes', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"')).toBe('a b');
  expect(boundaryOf('application/json')).toBeUndefined();
});
