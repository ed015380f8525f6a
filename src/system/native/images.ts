import type sharp from 'sharp';
import type { Sharp } from 'sharp';
import { unlessAborted } from '../../base/abort.ts';
import { WorkerError } from '../../base/errors.ts';
import { type NativeCache, unusable } from './native-cache.ts';
import { joinWebp, type WebpFrame } from './webp-animation.ts';

/** What can be written; more can be read. */
export type ImageFormat = 'webp' | 'png' | 'jpeg' | 'gif' | 'tiff';

/** An image in memory: `channels` bytes a pixel, row by row. */
export interface RawImage {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

/** An image to write as a file. */
export interface EncodeRequest extends RawImage {
  readonly format: ImageFormat;
  /** 1 to 100 where the format loses something; WebP without it loses nothing. */
  readonly quality?: number;
}

/** Frames to write as one file; their pixels are asked for one frame at a time. */
export interface AnimationRequest extends Omit<RawImage, 'pixels'> {
  readonly format: 'webp' | 'gif';
  /** One delay for each frame. A GIF counts in hundredths of a second. */
  readonly delaysMs: readonly number[];
  /** How often it plays; 0 is for ever. */
  readonly loop: number;
  /** The pixels of the frame with this index; asked for in order, each once. */
  readonly frame: (index: number) => Promise<Uint8Array>;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** What an image file holds. */
export interface ImageFacts {
  readonly format: string;
  /** Of one frame. */
  readonly width: number;
  readonly height: number;
  /** Frames; 1 for a still. */
  readonly pages: number;
  /** Milliseconds each frame is shown; a still has none, or one that means nothing. */
  readonly delaysMs: readonly number[];
  /** How often it plays, 0 for ever; undefined where the format has no such thing. */
  readonly loop: number | undefined;
}

/**
 * Images to files and back.
 *
 * Every method loads the image library when first needed and fails with `native.unavailable` when that cannot be done.
 */
export interface Images {
  /** @throws WorkerError `task.invalid` when the format has no image of this size */
  encode(request: EncodeRequest): Promise<Uint8Array>;
  /** Frame by frame. Rejects with the signal's reason on abort. */
  encodeAnimation(request: AnimationRequest): Promise<Uint8Array>;
  /** @throws WorkerError `task.invalid` when these bytes are no image */
  probe(bytes: Uint8Array): Promise<ImageFacts>;
  /** One frame, the first when left out. @throws WorkerError `task.invalid` when these bytes are no image */
  decode(bytes: Uint8Array, page?: number): Promise<RawImage>;
}

type SharpModule = typeof sharp;

/** The least effort: lossless all the same, and a 512 x 512 frame takes 35 ms instead of 170 for a fifth more bytes. */
const WEBP_EFFORT = 0;

/** Images by way of sharp, which is loaded on first use and shared from then on. */
export function createImages({ native }: { readonly native: NativeCache }): Images {
  let loading: Promise<SharpModule> | undefined;
  /** A failure is not kept: the operator can repair the cache while the worker runs. */
  const load = (): Promise<SharpModule> =>
    (loading ??= loadSharp(native).catch((thrown: unknown) => {
      loading = undefined;
      throw thrown;
    }));
  const open = async ({ pixels, width, height, channels }: RawImage): Promise<Sharp> =>
    (await load())(pixels, { raw: { width, height, channels } });
  const encode: Images['encode'] = async (request) => {
    assertSidesFit(request);
    return await write(await open(request), request).toBuffer();
  };
  return {
    encode,
    encodeAnimation: (request) => (request.format === 'webp' ? encodeWebp(request, encode) : encodeGif(request, load)),
    probe: async (bytes) => {
      const sharp = await load();
      const facts = await readable(() => sharp(bytes).metadata());
      return {
        format: facts.format,
        width: facts.width,
        height: facts.pageHeight ?? facts.height,
        pages: facts.pages ?? 1,
        delaysMs: facts.delay ?? [],
        loop: facts.loop,
      };
    },
    decode: async (bytes, page = 0) => {
      const sharp = await load();
      const { data, info } = await readable(() =>
        sharp(bytes, { page }).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }),
      );
      return { pixels: data, width: info.width, height: info.height, channels: info.channels };
    },
  };
}

/** What the formats can express: fourteen bits in WebP (RFC 9649 §2.7), sixteen in GIF89a, in libjpeg a little less. */
const LONGEST_SIDE_PX: Readonly<Partial<Record<ImageFormat, number>>> = { webp: 16_383, jpeg: 65_500, gif: 65_535 };

function assertSidesFit({ format, width, height }: EncodeRequest): void {
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
      return image.webp({ ...options, lossless: quality === undefined, effort: WEBP_EFFORT });
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

async function encodeWebp(request: AnimationRequest, encode: Images['encode']): Promise<Uint8Array> {
  const { width, height, channels, delaysMs, loop, signal, progress } = request;
  const frames: WebpFrame[] = [];
  for (const [index, delayMs] of delaysMs.entries()) {
    signal.throwIfAborted();
    const pixels = await request.frame(index);
    const still = await unlessAborted(encode({ pixels, width, height, channels, format: 'webp' }), signal);
    frames.push({ still, delayMs });
    progress(index + 1, delaysMs.length);
  }
  return joinWebp({ width, height, loop, frames });
}

/** The frames of a GIF share one pass over all of them, so they are in memory together: the caller keeps them few. */
async function encodeGif(request: AnimationRequest, load: () => Promise<SharpModule>): Promise<Uint8Array> {
  const { width, height, channels, delaysMs, loop, signal, progress } = request;
  const sharp = await load();
  const frameBytes = width * height * channels;
  const pixels = new Uint8Array(frameBytes * delaysMs.length);
  const steps = delaysMs.length + 1; // the frames, then the pass
  for (const index of delaysMs.keys()) {
    signal.throwIfAborted();
    pixels.set(await request.frame(index), index * frameBytes);
    progress(index + 1, steps);
  }
  const raw = { width, height: height * delaysMs.length, channels, pageHeight: height };
  const film = sharp(pixels, { raw, limitInputPixels: false }).gif({ delay: [...delaysMs], loop });
  const bytes = await unlessAborted(film.toBuffer(), signal);
  progress(steps, steps);
  return bytes;
}

/** The library's own error is the cause; to the caller it means that the sender's file is no image. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read(); // no bytes at all are refused before there is a promise
  } catch (thrown) {
    throw new WorkerError('task.invalid', 'the bytes are not an image that can be read', { cause: thrown });
  }
}
