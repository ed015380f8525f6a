import { WorkerError } from '../../base/errors.ts';
import { readTaskImage, type TaskImageOptions } from './task-image.ts';

/** How large an image is, in pixels. */
interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The sizes of the images of a chat, in order. They are read one after another, so that one at a time is in memory; the
 * first that cannot be read fails them all.
 *
 * @throws WorkerError `task.images-unreadable`; the signal's reason
 */
export async function readChatImages(
  urls: readonly string[],
  options: TaskImageOptions,
  signal: AbortSignal,
): Promise<readonly ImageSize[]> {
  const sizes: ImageSize[] = [];
  for (const [at, url] of urls.entries()) {
    try {
      const { width, height } = await readTaskImage({ what: 'image', url }, options, signal);
      sizes.push({ width, height });
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof WorkerError)) throw thrown;
      throw unreadable(`input image ${at + 1} of ${urls.length}`, thrown);
    }
  }
  return sizes;
}

/** Studio contract: what keeps a chat's image from being read may pass, whatever it is. */
const unreadable = (which: string, cause: WorkerError): WorkerError =>
  new WorkerError('task.images-unreadable', `${which}: ${cause.message}`, {
    cause,
    ...(cause.hint !== undefined && { hint: cause.hint }),
    fields: cause.fields,
  });
