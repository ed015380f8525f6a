import { imageTypeOf, type ImageType } from '../../base/media/image-type.ts';
import type { Images, ImageSize } from '../../system/native/images.ts';
import { countSelected, maskError, selectionOf } from '../media/mask.ts';
import type { ImageUse } from './input-images.ts';

/** The image of a task made into what stable-diffusion.cpp reads as it was meant. */
export type ImageTools = Pick<Images, 'probe' | 'decode' | 'encode' | 'convert'>;

/** How an image is to fit the result, where that is drawn in other proportions than it was asked for. */
export interface Stretch {
  /** Of the result that was asked for. */
  readonly shape: ImageSize;
  /** Of the result as it is drawn. */
  readonly size: ImageSize;
}

/** What its decoder reads; it follows no orientation, and leaves the alpha of a mask out. */
const READ_AS_IT_IS: ReadonlySet<ImageType> = new Set(['png', 'jpeg', 'webp', 'gif']);
const KNOWN: ReadonlySet<ImageType> = new Set([...READ_AS_IT_IS, 'tiff', 'avif']);

/**
 * An upright image without a mask's transparency, untouched where it is that already. What only stable-diffusion.cpp
 * may be able to read, such as a BMP, is left to it.
 *
 * @throws WorkerError `task.invalid` for an image that cannot be read, or a mask that selects nothing
 */
export async function prepareImage(
  use: ImageUse,
  bytes: Uint8Array,
  { images, stretch }: { readonly images: ImageTools; readonly stretch: Stretch | undefined },
): Promise<Uint8Array> {
  const type = imageTypeOf(bytes);
  if (type === undefined || !KNOWN.has(type)) return bytes;
  const shown = use === 'mask' ? await shownMask(bytes, images) : bytes;
  const { isUpright } = await images.probe(shown);
  const how = use === 'ref' ? undefined : stretch;
  if (isUpright && how === undefined && READ_AS_IT_IS.has(type)) return shown;
  return await images.convert(shown, { format: 'png', ...how });
}

/** The mask as far as it shows. */
async function shownMask(bytes: Uint8Array, images: ImageTools): Promise<Uint8Array> {
  const mask = await images.decode(bytes);
  const pixels = selectionOf(mask);
  if (countSelected(pixels) === 0) throw maskError('nothing, so nothing would change');
  if (mask.channels % 2 === 1) return bytes; // opaque
  return await images.encode({ pixels, width: mask.width, height: mask.height, channels: 1, format: 'png' });
}
