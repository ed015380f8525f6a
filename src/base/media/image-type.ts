/** The image formats that somebody may send us, by the names of the image library. */
export type ImageType = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'bmp' | 'avif';

/**
 * More pixels than this are not decoded: 8192 x 8192. A file of a megabyte can hold thousands of millions, and the
 * pixels of one this large take 256 MiB.
 */
export const MAX_IMAGE_PIXELS = 8192 * 8192;

/** First bytes of each; `at` is where they stand. */
const MAGIC: readonly (readonly [type: ImageType, at: number, bytes: string])[] = [
  ['jpeg', 0, '\xFF\xD8\xFF'],
  ['png', 0, '\x89PNG\r\n\x1A\n'],
  ['webp', 8, 'WEBP'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['bmp', 0, 'BM'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
  ['avif', 4, 'ftypavif'],
  ['avif', 4, 'ftypavis'],
];
const MAX_MAGIC_BYTES = 16;

/** What an image file is by its first bytes, whatever its name says; undefined for what is none of these. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, MAX_MAGIC_BYTES));
  const [type] =
    MAGIC.find(([one, at, magic]) => start.startsWith(magic, at) && (one !== 'webp' || start.startsWith('RIFF'))) ?? [];
  return type;
}

/** An SVG, a web page or other markup: its author decides what it costs to draw. */
export const isMarkup = (bytes: Uint8Array): boolean =>
  new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().startsWith('<');

/** Which type of image a file of this extension holds; undefined where the extension is of none. */
export const imageTypeOfExt = (ext: string): ImageType | undefined => BY_EXT.get(ext.toLowerCase());

const BY_EXT: ReadonlyMap<string, ImageType> = new Map([
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['png', 'png'],
  ['webp', 'webp'],
  ['gif', 'gif'],
  ['tif', 'tiff'],
  ['tiff', 'tiff'],
  ['bmp', 'bmp'],
  ['avif', 'avif'],
]);
