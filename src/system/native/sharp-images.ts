import type sharp from 'sharp';
import type { Metadata, Sharp } from 'sharp';
import { WorkerError } from '../../base/errors.ts';
import { imageTypeOf, type ImageType, isMarkup, MAX_IMAGE_PIXELS } from '../../base/media/image-type.ts';
import type { EncodeRequest, ImageFormat, Images, ImageSize, RawImage } from './images.ts';
import { type ImageWork, withAnimations } from './animations.ts';
import { decodeBmp, sizeOfBmp } from './bmp.ts';
import { type NativeCache, unusable } from './native-cache.ts';

type SharpModule = typeof sharp;

/**
 * The least effort, which for a lossless WebP is a quality as well: a frame of 512 x 512 px takes 14 ms, 22 at the usual
 * quality and 170 at the usual effort, for a fifth more bytes each.
 */
const WEBP_EFFORT = 0;
const LOSSLESS_QUALITY = 1;

/** Images by way of sharp in this process, for one that was started for it or for a model. */
export const createImages = (options: { readonly native: NativeCache }): Images =>
  withAnimations(createImageWork(options));

/** The same work, one file at a time. The library is loaded on first use and shared from then on. */
export function createImageWork({ native }: { readonly native: NativeCache }): ImageWork {
  let loading: Promise<SharpModule> | undefined;
  /** A failure is not kept: the operator can repair the cache while the worker runs. */
  const load = (): Promise<SharpModule> =>
    (loading ??= loadSharp(native).catch((thrown: unknown) => {
      loading = undefined;
      throw thrown;
    }));
  const open = async ({ pixels, width, height, channels }: RawImage): Promise<Sharp> =>
    (await load())(pixels, { raw: { width, height, channels } });
  return {
    encode: async (request) => {
      assertSidesFit(request);
      return await write(await open(request), request).toBuffer();
    },
    encodeFilm: async ({ pixels, width, height, channels, delaysMs, loop }) => {
      const raw = { width, height: height * delaysMs.length, channels, pageHeight: height };
      const film = (await load())(pixels, { raw, limitInputPixels: false });
      return await film.gif({ delay: [...delaysMs], loop }).toBuffer();
    },
    probe: async (bytes) => {
      const { type, facts } = await headerOf(bytes, await load());
      return { format: type, ...uprightSize(facts), isUpright: !isTurned(facts), ...timesOf(facts) };
    },
    convert: async (bytes, how) => await convert(bytes, how, await load()),
    decode: async (bytes, how = {}) => await decode(bytes, how, await load()),
  };
}

const convert = async (
  bytes: Uint8Array,
  { format, quality, shape, size }: Parameters<ImageWork['convert']>[1],
  sharp: SharpModule,
): ReturnType<ImageWork['convert']> => {
  const { type, facts } = await headerOf(bytes, sharp);
  const whole = uprightSize(facts);
  const image = openImage(sharp, bytes, { type });
  if (shape !== undefined) image.extract(middleOf(whole, shape));
  if (size !== undefined) image.resize(size.width, size.height, { fit: 'fill' });
  assertSidesFit({ format, ...(size ?? whole) });
  return await readable(() => write(image, { format, ...(quality !== undefined && { quality }) }).toBuffer());
};

const decode = async (
  bytes: Uint8Array,
  { page = 0, size }: NonNullable<Parameters<ImageWork['decode']>[1]>,
  sharp: SharpModule,
): ReturnType<ImageWork['decode']> => {
  const { type, facts } = await headerOf(bytes, sharp);
  const whole = uprightSize(facts);
  const stretched = size !== undefined && (size.width !== whole.width || size.height !== whole.height);
  const image = openImage(sharp, bytes, { type, page });
  if (stretched) image.resize(size.width, size.height, { fit: 'fill', kernel: 'linear' });
  const { data, info } = await readable(() => image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
  return { pixels: data, width: info.width, height: info.height, channels: info.channels };
};

/** What a header says. */
type Facts = Pick<Metadata, 'width' | 'height' | 'pageHeight' | 'orientation' | 'pages' | 'delay' | 'loop'>;

/** A file that has a header, upright. */
function openImage(
  sharp: SharpModule,
  bytes: Uint8Array,
  { type, page = 0 }: { readonly type: ImageType; readonly page?: number },
): Sharp {
  if (type !== 'bmp') return sharp(bytes, { page, limitInputPixels: MAX_IMAGE_PIXELS }).autoOrient();
  const bitmap = decodeBmp(bytes);
  if (bitmap === undefined) throw noImage('it is a bitmap that is cut off');
  const { width, height, channels } = bitmap;
  return sharp(bitmap.pixels, { raw: { width, height, channels } });
}

/** By the first bytes and the header alone. @throws WorkerError `task.invalid` */
async function headerOf(
  bytes: Uint8Array,
  sharp: SharpModule,
): Promise<{ readonly type: ImageType; readonly facts: Facts }> {
  const type = imageTypeOf(bytes);
  if (type === undefined) throw noImage(isMarkup(bytes) ? 'it is an SVG or a web page' : undefined);
  const facts: Facts | undefined =
    type === 'bmp' ? sizeOfBmp(bytes) : await readable(() => sharp(bytes, { limitInputPixels: false }).metadata());
  if (facts === undefined) throw noImage('it is a bitmap of a form that is not read');
  const { width, height } = uprightSize(facts);
  if (width * height <= MAX_IMAGE_PIXELS) return { type, facts };
  throw new WorkerError('task.invalid', `an image of ${width} x ${height} px is larger than what is read here`, {
    hint: `Send an image of at most ${MAX_IMAGE_PIXELS} pixels, such as 8192 x 8192.`,
  });
}

/** Orientations of Exif 2.32 §4.6.5: from five on, rows are stored as columns. One, and none, are as they are seen. */
const isTurned = ({ orientation = 1 }: Facts): boolean => orientation > 1;
const FIRST_ON_ITS_SIDE = 5;

function uprightSize({ width, height: stored, pageHeight, orientation = 1 }: Facts): ImageSize {
  const height = pageHeight ?? stored;
  return orientation >= FIRST_ON_ITS_SIDE ? { width: height, height: width } : { width, height };
}

/** The largest part of these proportions, from the middle. */
function middleOf(whole: ImageSize, shape: ImageSize) {
  const scale = Math.min(whole.width / shape.width, whole.height / shape.height);
  const width = Math.max(1, Math.round(shape.width * scale));
  const height = Math.max(1, Math.round(shape.height * scale));
  return { width, height, left: Math.floor((whole.width - width) / 2), top: Math.floor((whole.height - height) / 2) };
}

const timesOf = ({ pages = 1, delay = [], loop }: Facts) => ({ pages, delaysMs: delay, loop });

/** What the formats can express: fourteen bits in WebP (RFC 9649 §2.7), sixteen in GIF89a, in libjpeg a little less. */
const LONGEST_SIDE_PX: Readonly<Partial<Record<ImageFormat, number>>> = { webp: 16_383, jpeg: 65_500, gif: 65_535 };

function assertSidesFit({ format, width, height }: Pick<EncodeRequest, 'format' | 'width' | 'height'>): void {
  const longest = LONGEST_SIDE_PX[format];
  if (longest === undefined || Math.max(width, height) <= longest) return;
  throw new WorkerError('task.invalid', `${width} x ${height} px are more than a ${format} file can hold`, {
    hint: `Request at most ${longest} px a side, or request the image as "png".`,
  });
}

async function loadSharp(native: NativeCache): Promise<SharpModule> {
  const folder = await native.unpack('sharp');
  try {
    const { default: sharp } = await import('sharp');
    sharp.cache(false); // results are never asked for twice, and a cache would hold on to their memory
    sharp.concurrency(1); // more threads mean more arenas that never shrink; one job runs at a time
    return sharp;
  } catch (thrown) {
    if (folder !== undefined) throw unusable(folder, thrown); // a disk mounted noexec, for one
    throw new WorkerError('native.unavailable', 'the image library does not load on this machine', {
      cause: thrown,
      hint: 'Run `bun install` in the checkout, or use a release for this system.',
    });
  }
}

function write(image: Sharp, { format, quality }: Pick<EncodeRequest, 'format' | 'quality'>): Sharp {
  const options = quality === undefined ? {} : { quality };
  switch (format) {
    case 'webp':
      return quality === undefined
        ? image.webp({ lossless: true, quality: LOSSLESS_QUALITY, effort: WEBP_EFFORT })
        : image.webp({ quality, effort: WEBP_EFFORT });
    case 'png':
      return image.png();
    case 'jpeg':
      return image.jpeg(options);
    case 'gif':
      return image.gif();
    case 'tiff':
      return image.tiff({ ...options, compression: quality === undefined ? 'lzw' : 'jpeg' });
    default:
      return format satisfies never;
  }
}

/** The library's own error is the cause; to the caller it means that the sender's file is no image. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read(); // no bytes at all are refused before there is a promise
  } catch (thrown) {
    throw noImage(undefined, thrown);
  }
}

const noImage = (because: string | undefined, cause?: unknown): WorkerError =>
  new WorkerError(
    'task.invalid',
    `the bytes are not an image that can be read${because === undefined ? '' : `: ${because}`}`,
    { cause, hint: 'Send a PNG, JPEG or WebP file.' },
  );
