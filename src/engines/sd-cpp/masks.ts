import { WorkerError } from '../../base/errors.ts';
import { imageTypeOf } from '../../base/media/image-type.ts';
import type { ImageFacts, Images } from '../../system/native/images.ts';
import type { ImageUse } from './input-images.ts';

/** A mask that was scaled with its image is off by a pixel at most. */
const TOLERANCE_PX = 1;

/**
 * Rejects a mask of another shape than its image. stable-diffusion.cpp cuts both to the shape of the result, each from
 * its own middle, so that one of another size but the same shape still lies where it should, and this one would not.
 *
 * @throws WorkerError `task.mask-mismatch`
 */
export async function assertMaskFits(
  inputs: ReadonlyMap<ImageUse, Uint8Array>,
  images: Pick<Images, 'probe'>,
): Promise<void> {
  const mask = inputs.get('mask');
  const base = inputs.get('init') ?? inputs.get('ref');
  if (mask === undefined || base === undefined) return;
  const [m, b] = await Promise.all([sizeOf(mask, images), sizeOf(base, images)]);
  if (m === undefined || b === undefined) return;
  const off = Math.abs((m.height * b.width) / m.width - b.height);
  if (off <= Math.max(TOLERANCE_PX, (TOLERANCE_PX * b.width) / m.width)) return;
  throw new WorkerError(
    'task.mask-mismatch',
    `the mask is ${m.width} x ${m.height} px, whose aspect ratio differs from that of its image, ${b.width} x ${b.height} px`,
    { hint: 'Create the job with a mask of the size of its image.' },
  );
}

/** Undefined for what is no image to us, and for bitmaps, of whose forms stable-diffusion.cpp reads more than we do. */
async function sizeOf(bytes: Uint8Array, images: Pick<Images, 'probe'>): Promise<ImageFacts | undefined> {
  const type = imageTypeOf(bytes);
  return type === undefined || type === 'bmp' ? undefined : await images.probe(bytes);
}
