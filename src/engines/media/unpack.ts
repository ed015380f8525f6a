import { readLimited, type ReadLimit } from '../../base/bytes.ts';
import { KIB } from '../../base/units.ts';

/** What is unpacked, by its name in a `Content-Encoding` (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
const FORMATS: Readonly<Record<string, string>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'brotli',
  zstd: 'zstd',
};
/** The runtime unpacks more than its types name. */
const isFormat = (name: string): name is CompressionFormat => Object.values(FORMATS).includes(name);

function formatOf(packing: string): CompressionFormat | undefined {
  const name = FORMATS[packing];
  return name !== undefined && isFormat(name) ? name : undefined;
}

const MAGIC: Readonly<Record<string, readonly number[]>> = {
  gzip: [0x1f, 0x8b, 0x08],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};
/** Nobody packs a file more often on purpose. */
const MAX_LAYERS = 4;
const PIECE_BYTES = 64 * KIB;

/** Whether all of these packings can be taken off. */
export const canUnpack = (packings: readonly string[]): boolean =>
  packings.length <= MAX_LAYERS && packings.every((packing) => formatOf(packing) !== undefined);

/**
 * A file without its packings, which are in the order in which they were put on. Each layer may unpack to the limit and
 * not a byte further. A layer that the header claims and the bytes do not show is not there; gzip that the header does
 * not mention is taken off as well, since no image and no recording begins like it.
 *
 * @throws what `limit.tooLarge` makes; TypeError when a layer is damaged or ends early
 */
export async function unpack(packed: Uint8Array, packings: readonly string[], limit: ReadLimit): Promise<Uint8Array> {
  let bytes = packed;
  let layers = 0;
  for (const packing of packings.toReversed()) {
    const format = formatOf(packing);
    if (format === undefined || !mayBe(format, bytes)) continue;
    bytes = await unpackLayer(bytes, format, limit);
    layers += 1;
  }
  for (; layers < MAX_LAYERS && mayBe('gzip', bytes); layers++) bytes = await unpackLayer(bytes, 'gzip', limit);
  return bytes;
}

/** Whether bytes begin as this format does; what has no mark of its own may be anything. */
const mayBe = (format: CompressionFormat, bytes: Uint8Array): boolean =>
  (MAGIC[format] ?? []).every((byte, at) => bytes[at] === byte);

function unpackLayer(bytes: Uint8Array, format: CompressionFormat, limit: ReadLimit): Promise<Uint8Array> {
  const named = format === 'deflate' && !hasZlibHeader(bytes) ? 'deflate-raw' : format;
  return readLimited(piecesOf(bytes).pipeThrough(new DecompressionStream(named)), limit);
}

/** "deflate" means the zlib format (RFC 1950), and some servers send the bare data (RFC 9110 §8.4.1.2). */
const hasZlibHeader = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 15) === 8 && ((first << 8) | second) % 31 === 0;

/** Small pieces: of one that unpacks to a thousand times its size, little is made before the limit is noticed. */
function piecesOf(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.byteLength) controller.enqueue(new Uint8Array(bytes.subarray(at, (at += PIECE_BYTES))));
      if (at >= bytes.byteLength) controller.close();
    },
  });
}
