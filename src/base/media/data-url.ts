/** A file that travels in its URL, in base64 (RFC 2397). */
export interface DataUrl {
  /** Lower case, without parameters: `image/png`. */
  readonly mediaType: string;
  /** As it stands in the URL. */
  readonly base64: string;
}

/** The type may have parameters, such as the name of the file (RFC 2397 §3). */
const HEAD = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;\s*base64\s*$/i;

/** Undefined for every other URL. */
export function readDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(',');
  const [, mediaType] = HEAD.exec(url.slice(0, comma)) ?? [];
  return mediaType === undefined ? undefined : { mediaType: mediaType.toLowerCase(), base64: url.slice(comma + 1) };
}

/** Whether a URL carries an image in base64, whole or damaged. */
export const isInlineImage = (url: string): boolean => readDataUrl(url)?.mediaType.startsWith('image/') === true;

/**
 * Some programs escape the marks of base64, as they do in a query, or write those that a URL may hold (RFC 4648 §5).
 *
 * @throws what the runtime throws for damaged base64
 */
export function dataUrlBytes({ base64 }: DataUrl): Uint8Array {
  const text = base64.includes('%') ? decodeURIComponent(base64) : base64;
  return Uint8Array.fromBase64(text, { alphabet: /[-_]/.test(text) ? 'base64url' : 'base64' });
}
