import { toWorkerError } from '../../base/errors.ts';
import type { Images, Picture } from '../../system/native/images.ts';
import { decodeBmp, isBmp } from './bmp.ts';
import { flatColour } from './flatness.ts';
import { type AskedSize, bad, GOOD, type Look, meetsSize, unseen } from './look.ts';

export interface PictureExpectation extends AskedSize {
  /** The prompt asks for an empty picture. */
  readonly mayBeFlat: boolean;
}

/** Looks at a still: it can be decoded to its end, has the asked size, and shows something. */
export async function lookAtPicture(
  bytes: Uint8Array,
  expected: PictureExpectation,
  images: Pick<Images, 'decode'>,
): Promise<Look> {
  const decoded = await decode(bytes, images);
  if ('is' in decoded) return decoded;
  const { width, height } = decoded;
  if (!meetsSize(decoded, expected)) {
    return bad(`the picture is ${width} x ${height} px, asked were ${expected.width} x ${expected.height}`);
  }
  const colour = expected.mayBeFlat ? undefined : flatColour(decoded);
  return colour === undefined ? GOOD : bad(`the picture is one flat colour (${colour})`);
}

async function decode(bytes: Uint8Array, images: Pick<Images, 'decode'>): Promise<Picture | Look> {
  if (isBmp(bytes)) return decodeBmp(bytes) ?? bad('the bitmap cannot be decoded');
  return await orLook(images.decode(bytes), 'the picture cannot be decoded');
}

/** What the image library gives, or what its failure means: bytes that are no image, or a library that is not there. */
export async function orLook<T>(reading: Promise<T>, seen: string): Promise<T | Look> {
  try {
    return await reading;
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.code === 'task.invalid') return bad(seen);
    if (error.code === 'native.unavailable') return unseen(error.message);
    throw error;
  }
}
