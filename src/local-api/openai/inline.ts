import { ApiFailure } from '../http/reply.ts';

/**
 * The bytes of a `data:…;base64,…` URL; undefined for another URL.
 *
 * @throws ApiFailure 400
 */
export function inlineBytes(field: string, url: string): Uint8Array | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const [, base64 = ''] = /^data:[\w.+/-]+(?:;[\w.=+-]+)*;base64,([A-Za-z0-9+/]+={0,2})$/i.exec(url) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.byteLength > 0) return bytes;
  throw new ApiFailure(400, 'bad_request', `${field}: is no data: URL in base64`);
}
