import { unlessAborted } from '../../base/abort.ts';
import type { AnimationRequest, Images, RawImage } from './images.ts';
import { joinWebp, type WebpFrame } from './webp-animation.ts';

/** Frames below each other, to be written as one GIF. */
export interface GifRequest extends RawImage {
  /** Of one frame. */
  readonly height: number;
  readonly delaysMs: readonly number[];
  readonly loop: number;
}

/** What is done with one file at a time, in this process or another one. */
export interface ImageWork extends Pick<Images, 'encode' | 'probe' | 'convert' | 'decode'> {
  encodeFilm(request: GifRequest): Promise<Uint8Array>;
}

/** Animations made of such work. */
export const withAnimations = (work: ImageWork): Images => ({
  encode: (request) => work.encode(request),
  encodeAnimation: (request) => (request.format === 'webp' ? encodeWebp(request, work) : encodeGif(request, work)),
  probe: (bytes) => work.probe(bytes),
  convert: (bytes, how) => work.convert(bytes, how),
  decode: (bytes, how) => work.decode(bytes, how),
});

async function encodeWebp(request: AnimationRequest, work: ImageWork): Promise<Uint8Array> {
  const { width, height, channels, delaysMs, loop, signal, progress } = request;
  const frames: WebpFrame[] = [];
  for (const [index, delayMs] of delaysMs.entries()) {
    signal.throwIfAborted();
    const pixels = await request.frame(index);
    const still = await unlessAborted(work.encode({ pixels, width, height, channels, format: 'webp' }), signal);
    frames.push({ still, delayMs });
    progress(index + 1, delaysMs.length);
  }
  return joinWebp({ width, height, loop, frames });
}

/** The frames of a GIF share one pass over all of them, so they are in memory together: the caller keeps them few. */
async function encodeGif(request: AnimationRequest, work: ImageWork): Promise<Uint8Array> {
  const { width, height, channels, delaysMs, loop, signal, progress } = request;
  const frameBytes = width * height * channels;
  const pixels = new Uint8Array(frameBytes * delaysMs.length);
  const steps = delaysMs.length + 1; // the frames, then the pass
  for (const index of delaysMs.keys()) {
    signal.throwIfAborted();
    pixels.set(await request.frame(index), index * frameBytes);
    progress(index + 1, steps);
  }
  const film = work.encodeFilm({ pixels, width, height, channels, delaysMs, loop });
  const bytes = await unlessAborted(film, signal);
  progress(steps, steps);
  return bytes;
}
