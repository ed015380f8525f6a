/** A part of a RIFF file: a tag, a size, and as many bytes. */
export interface Chunk {
  /** Where its tag is. */
  readonly at: number;
  readonly tag: string;
  /** As declared; it may reach beyond the file. */
  readonly size: number;
}

const FIRST_CHUNK = 12;
const HEAD_BYTES = 8;
const USUAL = new Set(['fmt ', 'data', 'fact', 'LIST', 'ds64', 'JUNK', 'bext', 'PEAK']);

export const chunkTagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/**
 * The chunks of a file in their order, up to what the reader looks for. When they end before that, one of them has a wrong
 * size, and it goes on where the format or the samples have their tag. That is searched once only: a file of nothing but
 * wrong sizes would be read again for each.
 */
export function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  let formatEnd: number | undefined;
  for (const start of ['first', 'found'] as const) {
    let at = start === 'first' ? FIRST_CHUNK : found(bytes, formatEnd);
    while (at + HEAD_BYTES <= bytes.byteLength && isTag(chunkTagAt(bytes, at))) {
      const chunk = chunkAt(bytes, at);
      yield chunk;
      at = behind(bytes, chunk);
      if (chunk.tag === 'fmt ') formatEnd ??= at;
    }
  }
}

/** Whether there are whole chunks and nothing else from here to the end of the file. */
export function endsInChunks(bytes: Uint8Array, from: number): boolean {
  let at = from;
  while (at + HEAD_BYTES <= bytes.byteLength && isTag(chunkTagAt(bytes, at))) at = behind(bytes, chunkAt(bytes, at));
  return at >= bytes.byteLength && at <= bytes.byteLength + 1; // the last byte that makes its place even may be missing
}

function chunkAt(bytes: Uint8Array, at: number): Chunk {
  const size = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES).getUint32(4, true);
  return { at, tag: chunkTagAt(bytes, at), size };
}

/** Where the next chunk begins. Chunks lie on even places, which not every program knows. */
function behind(bytes: Uint8Array, { at, size }: Chunk): number {
  const end = at + HEAD_BYTES + size;
  const even = end + (size % 2);
  return even !== end && USUAL.has(chunkTagAt(bytes, end)) && !USUAL.has(chunkTagAt(bytes, even)) ? end : even;
}

const isTag = (tag: string): boolean => /^[ -~]{4}$/.test(tag);

/** Where the samples begin behind a format that is known, else where either does. */
function found(bytes: Uint8Array, formatEnd: number | undefined): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tags = formatEnd === undefined ? ['fmt ', 'data'] : ['data'];
  const places = tags.map((tag) => file.indexOf(tag, formatEnd ?? FIRST_CHUNK, 'latin1')).filter((at) => at >= 0);
  return places.length === 0 ? bytes.byteLength : Math.min(...places);
}
