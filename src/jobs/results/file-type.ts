import { imageTypeOf } from '../../base/media/image-type.ts';
import { tagAt } from './binary.ts';
import { isMp4 } from './mp4.ts';
import { isWebm } from './webm.ts';

/** What each extension promises, by the names that `fileTypeOf` gives. */
const PROMISED: ReadonlyMap<string, string> = new Map([
  ['jpg', 'jpeg'],
  ['tif', 'tiff'],
  ['opus', 'ogg'],
  ['m4a', 'mp4'],
  ...[
    'jpeg',
    'png',
    'webp',
    'gif',
    'tiff',
    'bmp',
    'avif',
    'mp4',
    'webm',
    'avi',
    'wav',
    'ogg',
    'flac',
    'mp3',
    'glb',
  ].map((ext) => [ext, ext] as const),
]);

/** What a file is by its first bytes; undefined for what is none of the formats that results have. */
export function fileTypeOf(bytes: Uint8Array): string | undefined {
  const tag = tagAt(bytes, 0);
  if (tag === 'RIFF' && tagAt(bytes, 8) === 'WAVE') return 'wav';
  if (tag === 'RIFF' && tagAt(bytes, 8) === 'AVI ') return 'avi';
  if (tag === 'OggS') return 'ogg';
  if (tag === 'fLaC') return 'flac';
  if (tag === 'glTF') return 'glb';
  const image = imageTypeOf(bytes);
  if (image !== undefined) return image;
  if (isMp4(bytes)) return 'mp4';
  if (isWebm(bytes)) return 'webm';
  // An MPEG audio frame starts with eleven set bits (ISO/IEC 11172-3), or a tag goes before it.
  const isMp3 = tag.startsWith('ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0);
  return isMp3 ? 'mp3' : undefined;
}

/** What is wrong with the name of a file, for people; undefined when it promises what is in it, or nothing known. */
export function misnamed(bytes: Uint8Array, ext: string): string | undefined {
  const promised = PROMISED.get(ext.toLowerCase());
  const type = fileTypeOf(bytes);
  if (promised === undefined || type === undefined || promised === type) return undefined;
  return `the file is a ${type} under the name of a ${ext}`;
}
