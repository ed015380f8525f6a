/** What is looked at of a file. Some kinds of audio begin with a header of text that is a kilobyte long. */
const HEAD_BYTES = 4_096;
/** Characters that no text has (WHATWG MIME Sniffing, §3 "binary data byte"). */
const BINARY = /[^\P{Cc}\s\u0080-\u009f]/u;

/** First bytes of images, and where they are. */
const IMAGES: readonly (readonly [at: number, ...starts: string[]])[] = [
  [0, '\x89PNG', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+', '\0\0\x01\0'],
  [0, '8BPS', 'qoif', 'gimp xcf', 'DDS ', 'v/1\x01', '\xff\n', '\0\0\0\fJXL ', '\0\0\0\fjP  '],
  [4, 'ftypavif', 'ftypavis', 'ftyphei', 'ftyphev', 'ftypmif1', 'ftypmsf1', 'ftypcrx '], // AVIF, HEIC, CR3
  [8, 'WEBP'],
];
/** A bitmap's mark is short, and might be two letters of anything. */
const BITMAP = /^BM[^]{4}\0{4}/;

/**
 * What a file is, as far as its first bytes show. There are too many kinds of audio to know each by its start, so that
 * whatever is neither text nor an image may be audio.
 */
export function fileKind(bytes: Uint8Array): 'nothing' | 'text' | 'image' | 'binary' {
  if (bytes.byteLength === 0) return 'nothing';
  const head = bytes.subarray(0, HEAD_BYTES);
  const characters = String.fromCharCode(...head.subarray(0, 32));
  const isImage = IMAGES.some(([at, ...starts]) => starts.some((start) => characters.startsWith(start, at)));
  if (isImage || BITMAP.test(characters)) return 'image';
  return isText(head, characters) ? 'text' : 'binary';
}

function isText(head: Uint8Array, characters: string): boolean {
  if (/^(\xff\xfe|\xfe\xff)/.test(characters)) return true; // UTF-16
  try {
    return !BINARY.test(new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true }));
  } catch {
    return false; // how `fatal` refuses bytes that are not UTF-8
  }
}
