import { WorkerError } from '../../base/errors.ts';
import type { EncodeRequest, Images, RawImage } from '../../system/native/images.ts';
import { type ReadImage, readTaskImageFile, type TaskImageOptions } from './task-image.ts';

/** How large an image is, in pixels. */
interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The sizes of the images of a chat, in order.
 *
 * @throws WorkerError `task.images-unreadable`; the signal's reason
 */
export const readChatImageSizes = async (
  urls: readonly string[],
  options: TaskImageOptions,
  signal: AbortSignal,
): Promise<readonly ImageSize[]> =>
  await readEach(urls, options, signal, ({ image: { width, height } }) => Promise.resolve({ width, height }));

export interface ChatFileOptions extends TaskImageOptions {
  readonly images: TaskImageOptions['images'] & Pick<Images, 'encode' | 'convert'>;
}

/**
 * The images of a chat as PNG or JPEG files without transparency, in order: what libraries for models read.
 *
 * @throws WorkerError `task.images-unreadable`; the signal's reason
 */
export const readChatImageFiles = async (
  urls: readonly string[],
  options: ChatFileOptions,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> =>
  await readEach(urls, options, signal, async ({ facts, bytes, image }) => {
    // A photograph would be several times larger as a PNG, and there may be sixteen.
    const isPhotograph = facts.format === 'jpeg' && OPAQUE.has(image.channels);
    if (!isPhotograph) return await options.images.encode({ ...withoutAlpha(image), format: 'png' });
    // The libraries for models do not know which way a camera was held.
    return facts.isUpright ? bytes : await options.images.convert(bytes, { format: 'jpeg', quality: TURNED_QUALITY });
  });

/** What a photograph that is written again keeps of itself: more than a model can tell apart. */
const TURNED_QUALITY = 95;

const OPAQUE: ReadonlySet<RawImage['channels']> = new Set([1, 3]);
const WITHOUT_ALPHA = { 1: 1, 2: 1, 3: 3, 4: 3 } as const;

/** Studio contract: alpha is dropped, not blended with anything. */
export function withoutAlpha(image: RawImage): Omit<EncodeRequest, 'format'> {
  const { pixels, width, height } = image;
  const channels = WITHOUT_ALPHA[image.channels];
  if (channels === image.channels) return image;
  const opaque = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < opaque.length; from += image.channels, to += channels) {
    for (let channel = 0; channel < channels; channel++) opaque[to + channel] = pixels[from + channel] ?? 0;
  }
  return { pixels: opaque, width, height, channels };
}

/** One after another, so that the pixels of one at a time are in memory; the first that cannot be read fails them all. */
async function readEach<Made>(
  urls: readonly string[],
  options: TaskImageOptions,
  signal: AbortSignal,
  make: (image: ReadImage) => Promise<Made>,
): Promise<readonly Made[]> {
  const made: Made[] = [];
  for (const [at, url] of urls.entries()) {
    try {
      made.push(await make(await readTaskImageFile({ what: 'image', url }, options, signal)));
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof WorkerError)) throw thrown;
      throw unreadable(`input image ${at + 1} of ${urls.length}`, thrown);
    }
  }
  return made;
}

/** Studio contract: any failure to read an image of a chat may pass. */
const unreadable = (which: string, cause: WorkerError): WorkerError =>
  new WorkerError('task.images-unreadable', `${which}: ${cause.message}`, {
    cause,
    ...(cause.hint !== undefined && { hint: cause.hint }),
    fields: cause.fields,
  });
