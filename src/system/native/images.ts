import type { ImageType } from '../../base/media/image-type.ts';

/** What can be written; more can be read. */
export type ImageFormat = 'webp' | 'png' | 'jpeg' | 'gif' | 'tiff';

/** How large an image is, in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** An image in memory: `channels` bytes a pixel, row by row. */
export interface RawImage extends ImageSize {
  readonly pixels: Uint8Array;
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

/** What an image file holds, by its header. The size is of one frame as it is seen, whichever way it is stored. */
export interface ImageFacts extends ImageSize {
  readonly format: ImageType;
  /** Its pixels are stored as they are to be seen; elsewhere whoever ignores the orientation sees it on its side. */
  readonly isUpright: boolean;
  /** Frames; 1 for a still. */
  readonly pages: number;
  /** Milliseconds each frame is shown; a still has none, or one that means nothing. */
  readonly delaysMs: readonly number[];
  /** How often it plays, 0 for ever; undefined where the format has no such thing. */
  readonly loop: number | undefined;
}

/** Which part of a file to decode, and into what size. */
export interface DecodeOptions {
  /** Which frame, from 0; the first when left out. */
  readonly page?: number;
  /** Stretched to this size, upright; as large as it is when left out. */
  readonly size?: ImageSize;
}

/** What an image is made into. */
export interface ConvertOptions {
  readonly format: ImageFormat;
  readonly quality?: number;
  /** Proportions: the largest part of the image that has them is cut out of its middle; all of it when left out. */
  readonly shape?: ImageSize;
  /** What is left of it is stretched to this size. */
  readonly size?: ImageSize;
}

/**
 * Images to files and back: the one door for images of others. They are upright when they come out of it, in size and
 * pixels, and what is too large, an SVG or no image is refused by its header, before a pixel is decoded.
 *
 * Every method loads the image library when first needed and fails with `native.unavailable` when that cannot be done.
 */
export interface Images {
  /** @throws WorkerError `task.invalid` when the format has no image of this size */
  encode(request: EncodeRequest): Promise<Uint8Array>;
  /** Frame by frame. Rejects with the signal's reason on abort. */
  encodeAnimation(request: AnimationRequest): Promise<Uint8Array>;
  /** @throws WorkerError `task.invalid` when these bytes are no image, or one of too many pixels */
  probe(bytes: Uint8Array): Promise<ImageFacts>;
  /** The first frame as another file: upright, without what a camera wrote beside it. @throws WorkerError as `probe` */
  convert(bytes: Uint8Array, how: ConvertOptions): Promise<Uint8Array>;
  /** One frame, upright. @throws WorkerError as `probe` */
  decode(bytes: Uint8Array, how?: DecodeOptions): Promise<RawImage>;
}
