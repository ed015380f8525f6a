import type { RawImage } from '../../system/native/images.ts';
import { viewOf } from './binary.ts';

/*
 * Jobs read this format because sd-cli writes `bmp` when a task asks for it, the image library reads none, and an image
 * that cannot be read cannot be checked. What programs write is the plain form: one BITMAPINFOHEADER, 24 or 32 bits a
 * pixel, no compression (Windows bitmap format).
 */

const FILE_HEADER_BYTES = 14;
const PLAIN = 0;
const BIT_FIELDS = 3;

/** Whether these bytes begin like a bitmap. */
export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

/** The image in a bitmap, colours in the file's own order; undefined when it is cut off or of another form. */
export function decodeBmp(bytes: Uint8Array): RawImage | undefined {
  if (bytes.byteLength < FILE_HEADER_BYTES + 40) return undefined;
  const view = viewOf(bytes);
  const start = view.getUint32(10, true);
  const width = view.getInt32(18, true);
  const height = Math.abs(view.getInt32(22, true)); // negative where rows run from the top
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const isPlain = compression === PLAIN || compression === BIT_FIELDS;
  if (width <= 0 || !isPlain || (bits !== 24 && bits !== 32)) return undefined;
  const rowBytes = (width * bits) / 8;
  const stride = Math.ceil(rowBytes / 4) * 4;
  if (bytes.byteLength < start + stride * height) return undefined;
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = start + row * stride;
    const line = bytes.subarray(from, from + rowBytes);
    pixels.set(bits === 24 ? line : withoutFourth(line), row * width * 3);
  }
  return { pixels, width, height, channels: 3 };
}

/** The fourth byte of a pixel has no agreed meaning. */
function withoutFourth(line: Uint8Array): Uint8Array {
  const colours = new Uint8Array((line.length / 4) * 3);
  for (let from = 0, to = 0; from < line.length; from += 4, to += 3) {
    colours[to] = line[from] ?? 0;
    colours[to + 1] = line[from + 1] ?? 0;
    colours[to + 2] = line[from + 2] ?? 0;
  }
  return colours;
}
