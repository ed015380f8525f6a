import { MAX_IMAGE_BYTES } from '../../contract/limits.ts';
import type { Read } from '../../contract/read.ts';
import { inlineBytes } from '../openai/inline.ts';
import { readForm } from './form.ts';
import { ApiFailure } from './reply.ts';

/** A picture, and what came with it. */
export interface Picture<Options> {
  readonly bytes: Uint8Array;
  readonly options: Options;
}

/** How options read: as the JSON of texts in a query or a form, and beside the picture in a JSON body. */
export interface PictureReaders<Options> {
  readonly texts: (json: string) => Read<Options>;
  readonly body: (json: string) => Read<Options & { readonly image: string }>;
}

/**
 * Reads a picture in any of the ways in which they are sent (studio contract, picture routes): the body itself, `image` in
 * a form, or `image` in JSON.
 *
 * @throws ApiFailure 400 `bad_request`, 413 `picture_too_large`, 415 `unsupported_media_type`
 */
export async function readPicture<Options>(
  request: Request,
  readers: PictureReaders<Options>,
): Promise<Picture<Options>> {
  const picture = await pictureIn(request, readers);
  if (picture.bytes.byteLength === 0) throw new ApiFailure(400, 'bad_request', 'image: there is no picture');
  if (picture.bytes.byteLength <= MAX_IMAGE_BYTES) return picture;
  throw new ApiFailure(413, 'picture_too_large', `the picture is larger than ${MAX_IMAGE_BYTES} bytes`);
}

async function pictureIn<Options>(
  request: Request,
  { texts, body }: PictureReaders<Options>,
): Promise<Picture<Options>> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') {
    const form = await readForm(texts, request);
    return { bytes: await form.file('image'), options: form.fields };
  }
  if (type === 'application/json') {
    const options = valueOf(body(await request.text()));
    return { bytes: inlineBytes('image', options.image) ?? new Uint8Array(), options };
  }
  if (!type.startsWith('image/') && type !== 'application/octet-stream') {
    throw new ApiFailure(415, 'unsupported_media_type', 'send a picture, a form with `image`, or JSON with `image`');
  }
  const query = Object.fromEntries(URL.parse(request.url)?.searchParams ?? []);
  return { options: valueOf(texts(JSON.stringify(query))), bytes: await request.bytes() };
}

function valueOf<T>(read: Read<T>): T {
  if (read.is === 'unreadable') throw new ApiFailure(400, 'bad_request', read.problem);
  return read.value;
}
