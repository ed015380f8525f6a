import type { Images, RawImage } from './images.ts';

/** Formats that give back the very pixels that were written, as long as no quality is asked for. */
const LOSSLESS: ReadonlySet<string> = new Set(['webp', 'png', 'tiff']);
/** A file may come back without an alpha channel that hides nothing, or in colour where it was written in grey. */
const RGB = 3;

/**
 * Images that know what they wrote: a file that was written without loss and is read at once, as a check of a result does, is not
 * decoded. Its pixels are kept once, and no longer than its bytes; nobody may write to them meanwhile.
 */
export function rememberingWritten(images: Images): Images {
  const written = new WeakMap<Uint8Array, RawImage>();
  return {
    ...images,
    encode: async (request) => {
      const { pixels, width, height, channels, format, quality } = request;
      const bytes = await images.encode(request);
      if (LOSSLESS.has(format) && quality === undefined && channels === RGB) {
        written.set(bytes, { pixels, width, height, channels });
      }
      return bytes;
    },
    decode: async (bytes, how) => {
      const known = how === undefined ? written.get(bytes) : undefined;
      if (known === undefined) return await images.decode(bytes, how);
      written.delete(bytes);
      return known;
    },
  };
}
