import { WorkerError } from '../../base/errors.ts';
import type { Images, RawImage } from '../../system/native/images.ts';

const OPAQUE = 255;

/**
 * The mask of an edit as tasks have masks: white where the image is to change. In OpenAI's API it is transparent there
 * (Images, "Create image edit": "fully transparent areas … indicate where image should be edited"). One that is opaque all
 * over is taken as it is, and so is what cannot be read: the job says what is wrong with it.
 */
export async function editMask(file: Uint8Array, images: Pick<Images, 'decode' | 'encode'>): Promise<Uint8Array> {
  const mask = await images.decode(file).catch(unreadable);
  const pixels = mask === undefined ? undefined : whereTransparent(mask);
  if (mask === undefined || pixels === undefined) return file;
  const { width, height } = mask;
  return await images.encode({ width, height, pixels, channels: 1, format: 'png' });
}

function unreadable(thrown: unknown): undefined {
  if (thrown instanceof WorkerError && thrown.code === 'task.invalid') return undefined;
  throw thrown;
}

function whereTransparent({ pixels, width, height, channels }: RawImage): Uint8Array | undefined {
  if (channels % 2 === 1) return undefined; // no alpha
  const changes = new Uint8Array(width * height);
  for (let at = 0, from = channels - 1; at < changes.length; at++, from += channels) {
    changes[at] = OPAQUE - (pixels[from] ?? OPAQUE);
  }
  return changes.some((level) => level > 0) ? changes : undefined;
}
