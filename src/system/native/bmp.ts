import type { ImageSize, RawImage } from './images.ts';

/*
 * The image library reads no bitmaps, which people send and sd-cli writes when a task asks for `bmp`. What programs write is
 * the plain form: one BITMAPINFOHEADER, 24 or 32 bits a pixel, no compression (Windows bitmap format).
 */

const FILE_HEADER_BYTES = 14;
const INFO_HEADER_BYTES = 40;
const PLAIN = 0;
const BIT_FIELDS = 3;
const RGB = 3;

interface Form extends ImageSize {
  /** Where the pixels begin. */
  readonly start: number;
  readonly bytesPerPixel: number;
  /** Of a row, which is filled up to four bytes. */
  readonly stride: number;
  /** The first row is the lowest one, unless the height is negative. */
  readonly isUpsideDown: boolean;
}

/** The size of a bitmap by its header; undefined when that is cut off or of another form. */
export function sizeOfBmp(bytes: Uint8Array): ImageSize | undefined {
  const form = formOf(bytes);
  return form && { width: form.width, height: form.height };
}

/** The image in a bitmap; undefined when it is cut off or of another form. */
export function decodeBmp(bytes: Uint8Array): RawImage | undefined {
  const form = formOf(bytes);
  if (form === undefined || bytes.byteLength < form.start + form.stride * form.height) return undefined;
  const { width, height, start, stride, bytesPerPixel, isUpsideDown } = form;
  const pixels = new Uint8Array(width * height * RGB);
  let to = 0;
  for (let row = 0; row < height; row++) {
    let from = start + (isUpsideDown ? height - 1 - row : row) * stride;
    for (let column = 0; column < width; column++, from += bytesPerPixel) {
      // Blue first; the fourth byte of a pixel has no agreed meaning.
      pixels[to++] = bytes[from + 2] ?? 0;
      pixels[to++] = bytes[from + 1] ?? 0;
      pixels[to++] = bytes[from] ?? 0;
    }
  }
  return { pixels, width, height, channels: RGB };
}

function formOf(bytes: Uint8Array): Form | undefined {
  if (bytes.byteLength < FILE_HEADER_BYTES + INFO_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getInt32(18, true);
  const height = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const isPlain = compression === PLAIN || compression === BIT_FIELDS;
  if (width <= 0 || height === 0 || !isPlain || (bits !== 24 && bits !== 32)) return undefined;
  return {
    width,
    height: Math.abs(height),
    start: view.getUint32(10, true),
    bytesPerPixel: bits / 8,
    stride: Math.ceil((width * bits) / 32) * 4,
    isUpsideDown: height > 0,
  };
}
