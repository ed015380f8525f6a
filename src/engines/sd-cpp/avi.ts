/** RIFF: a tag of four letters, a size, and so many bytes, padded to an even number (Microsoft, AVI RIFF File Reference). */
const HEAD_BYTES = 8;
const TAG_BYTES = 4;
/** A compressed frame of the first stream. */
const FRAME = '00dc';

/**
 * The frames of a Motion JPEG video as sd-cli writes it, each a JPEG file. A file that was cut off gives what is whole.
 * Bytes that are not an AVI give none.
 */
export function framesOfAvi(file: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (tagAt(file, 0) !== 'RIFF' || tagAt(file, HEAD_BYTES) !== 'AVI ') return [];
  const frames: Uint8Array[] = [];
  let at = HEAD_BYTES + TAG_BYTES;
  while (at + HEAD_BYTES <= file.byteLength) {
    const tag = tagAt(file, at);
    const sizeBytes = view.getUint32(at + TAG_BYTES, true);
    const from = at + HEAD_BYTES;
    if (tag === 'LIST' && tagAt(file, from) === 'movi') {
      at = from + TAG_BYTES; // what is in the list follows one by one
      continue;
    }
    if (tag === FRAME && sizeBytes > 0 && from + sizeBytes <= file.byteLength) {
      frames.push(file.subarray(from, from + sizeBytes));
    }
    at = from + sizeBytes + (sizeBytes % 2);
  }
  return frames;
}

const tagAt = (file: Uint8Array, at: number): string => String.fromCharCode(...file.subarray(at, at + TAG_BYTES));
