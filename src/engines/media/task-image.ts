import { WorkerError } from '../../base/errors.ts';
import { isDataUrl } from '../../base/urls.ts';
import { type DataUrl, dataUrlBytes, readDataUrl } from '../../base/media/data-url.ts';
import { imageTypeOf } from '../../base/media/image-type.ts';
import { formatBytes, SECOND_MS } from '../../base/units.ts';
import { MAX_IMAGE_BYTES } from '../../contract/limits.ts';
import type { Clock } from '../../system/clock.ts';
import type { ImageFacts, Images, RawImage } from '../../system/native/images.ts';
import type { FetchInput } from './inputs.ts';

/** Studio contract: how long fetching an image that a task names may take. */
const FETCH_WITHIN_MS = 60 * SECOND_MS;
const READABLE: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp']);

export interface TaskImageOptions {
  /** Rejects what is larger than `MAX_IMAGE_BYTES`. */
  readonly fetchImage: FetchInput;
  readonly images: Pick<Images, 'probe' | 'decode'>;
  readonly clock: Pick<Clock, 'after'>;
}

/** An image that a task names; `what` it is, for people: `input image`. */
export interface NamedUrl {
  readonly what: string;
  /** An absolute URL, or `data:image/<type>;base64,…`. */
  readonly url: string;
}

/** An image as its file, and as what is in it. */
export interface ReadImage {
  readonly bytes: Uint8Array;
  /** Its format is `png`, `jpeg` or `webp`. */
  readonly facts: ImageFacts;
  readonly image: RawImage;
}

/**
 * An image that a task names: a PNG, a JPEG or a WebP.
 *
 * @throws WorkerError as `FetchInput` | `task.invalid` for what is no such image; the signal's reason
 */
export async function readTaskImageFile(
  named: NamedUrl,
  { fetchImage, images, clock }: TaskImageOptions,
  signal: AbortSignal,
): Promise<ReadImage> {
  const bytes = isDataUrl(named.url) ? inline(named) : await fetched(named, { fetchImage, clock }, signal);
  if (!READABLE.has(imageTypeOf(bytes) ?? '')) throw invalid(named, 'is no PNG, JPEG or WebP');
  const facts = await images.probe(bytes).catch(unusable(named));
  return { bytes, facts, image: await images.decode(bytes).catch(unusable(named)) };
}

/** The pixels alone. @throws WorkerError as `readTaskImageFile` */
export const readTaskImage = async (...asked: Parameters<typeof readTaskImageFile>): Promise<RawImage> =>
  (await readTaskImageFile(...asked)).image;

async function fetched(
  { what, url }: NamedUrl,
  { fetchImage, clock }: Pick<TaskImageOptions, 'fetchImage' | 'clock'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const late = new AbortController();
  const disarm = clock.after(FETCH_WITHIN_MS, () =>
    late.abort(
      new WorkerError('download.failed', `the ${what} did not arrive within ${FETCH_WITHIN_MS / SECOND_MS} s`, {
        hint: `Create the job with a URL that answers sooner, or with the ${what} itself as a data URL.`,
      }),
    ),
  );
  try {
    return await fetchImage(what, url, AbortSignal.any([signal, late.signal]));
  } finally {
    disarm();
  }
}

/** An image that travels in its URL (RFC 2397), which is never quoted. */
function inline(named: NamedUrl): Uint8Array {
  const { what, url } = named;
  const read = readDataUrl(url);
  if (read?.mediaType.startsWith('image/') !== true) {
    throw invalid(named, 'is a data URL, but not of an image in base64');
  }
  const bytes = decoded(named, read);
  if (bytes.byteLength <= MAX_IMAGE_BYTES) return bytes;
  throw new WorkerError('download.too-large', `the ${what} is larger than ${formatBytes(MAX_IMAGE_BYTES)}`, {
    hint: `Create the job with a smaller ${what}.`,
  });
}

function decoded(named: NamedUrl, url: DataUrl): Uint8Array {
  try {
    return dataUrlBytes(url);
  } catch (thrown) {
    throw invalid(named, 'is a data URL whose base64 cannot be read', thrown);
  }
}

const unusable =
  (named: NamedUrl) =>
  (thrown: unknown): never => {
    if (thrown instanceof WorkerError && thrown.code === 'task.invalid') {
      throw invalid(named, `cannot be used: ${thrown.message}`, thrown);
    }
    throw thrown;
  };

/** Says how to name an image instead: a URL that carries it needs no other server. */
const invalid = ({ what, url }: NamedUrl, because: string, cause?: unknown): WorkerError =>
  new WorkerError('task.invalid', `the ${what} ${because}`, {
    cause,
    hint: isDataUrl(url)
      ? 'Create the job with `data:image/png;base64,` and the whole PNG, JPEG or WebP file in base64.'
      : 'Create the job with the URL of a PNG, JPEG or WebP file that needs no login.',
  });
