import { dataUrlBytes, readDataUrl } from '../../base/media/data-url.ts';
import { isDataUrl } from '../../base/urls.ts';
import { ApiFailure } from '../http/reply.ts';

/**
 * The bytes of a `data:…;base64,…` URL; undefined for another URL.
 *
 * @throws ApiFailure 400
 */
export function inlineBytes(field: string, url: string): Uint8Array | undefined {
  if (!isDataUrl(url)) return undefined;
  const bytes = decoded(url);
  if (bytes !== undefined && bytes.byteLength > 0) return bytes;
  throw new ApiFailure(400, 'bad_request', `${field}: is no data: URL in base64`);
}

function decoded(url: string): Uint8Array | undefined {
  const read = readDataUrl(url);
  try {
    return read && dataUrlBytes(read);
  } catch {
    return undefined; // not base64: the caller answers that with the field's name
  }
}
