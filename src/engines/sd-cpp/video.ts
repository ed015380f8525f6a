import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import { drawnSize } from '../../contract/tasks/image.ts';
import type { Images, ImageSize, RawImage } from '../../system/native/images.ts';
import type { TaskResult } from '../result.ts';
import type { Ffmpeg } from '../ffmpeg/index.ts';
import { framesOfAvi } from './avi.ts';

export interface VideoOptions {
  readonly images: Pick<Images, 'decode' | 'convert' | 'encodeAnimation'>;
  readonly ffmpeg: Pick<Ffmpeg, 'readiness' | 'encodeVideo'>;
  readonly log: Logger;
}

/** How many frames a video has, and how many are requested of the model. */
export interface VideoPlan {
  readonly fps: number;
  readonly frames: number;
  readonly requestedFrames: number;
}

/** What video models were made for, when the task does not set it. */
const OWN_FPS = 16;
/** The contract's shortest video. */
const MIN_SECONDS = 0.1;
/** All frames are made at once, and no GPU holds more. */
const MAX_FRAMES = 1024;
/** Models make one frame and then whole groups of four; stable-diffusion.cpp leaves the rest of a group out. */
const GROUP = 4;

/** @throws WorkerError `task.invalid` for a video that is longer than any model generates */
export function planVideo({ seconds, fps: own }: TaskOf<'video'>): VideoPlan {
  const fps = own === undefined || own === 0 ? OWN_FPS : own;
  const frames = Math.max(1, Math.round(Math.max(MIN_SECONDS, seconds) * fps));
  if (frames <= MAX_FRAMES) return { fps, frames, requestedFrames: Math.ceil((frames - 1) / GROUP) * GROUP + 1 };
  throw new WorkerError('task.invalid', `${frames} frames are more than the sd-cpp engine makes at once`, {
    hint: `Ask for at most ${MAX_FRAMES} frames: fewer seconds or a lower fps.`,
  });
}

/** What sd-cli made of a task. */
export interface VideoMade {
  readonly task: TaskOf<'video'>;
  readonly plan: VideoPlan;
  /** The file that sd-cli wrote. */
  readonly avi: Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * The video in the format and size that the task asks for; an AVI stays as the program wrote it. Without a program that
 * writes the format, it becomes an animated WebP.
 *
 * @throws WorkerError `engine.failed` for a video without frames | as `Ffmpeg.encodeVideo`; the signal's reason
 */
export async function finishVideo(made: VideoMade, options: VideoOptions): Promise<TaskResult> {
  const { task, avi } = made;
  const files = framesOfAvi(avi).slice(0, made.plan.frames);
  const [first] = files;
  if (first === undefined)
    throw new WorkerError('engine.failed', 'sd-cli exited with 0 but wrote a video without frames');
  const ext = task.ext.trim().toLowerCase();
  if (ext === 'avi') return { is: 'artifact', bytes: avi, ext };
  const read = await frameReader(first, task, options);
  const { width, height, channels } = await read(first);
  const frames = { width, height, channels, files, read };
  if (ext === 'mp4' || ext === 'webm' || ext === 'gif') {
    const readiness = await options.ffmpeg.readiness(ext);
    if (readiness.ready) return { is: 'artifact', bytes: await encoded(frames, { ext, made, options }), ext };
    options.log.warn('video.written-as-webp', { asked: ext, because: readiness.because, hint: readiness.hint });
  }
  return { is: 'artifact', bytes: await animated(frames, made, options), ext: 'webp' };
}

interface Frames extends Pick<RawImage, 'width' | 'height' | 'channels'> {
  readonly files: readonly Uint8Array[];
  readonly read: ReadFrame;
}

/** A frame as it is delivered. */
type ReadFrame = (file: Uint8Array) => Promise<RawImage>;

/**
 * Models draw in steps: a side that they cannot do comes out as the next one that they can. Such frames are cut to the
 * proportions that were asked for, out of the middle, and scaled to the size.
 */
async function frameReader(first: Uint8Array, task: TaskOf<'video'>, { images }: VideoOptions): Promise<ReadFrame> {
  const made = await images.decode(first);
  const asked = drawnSize(task);
  const size: ImageSize = { width: asked.width || made.width, height: asked.height || made.height };
  if (made.width === size.width && made.height === size.height) return (file) => images.decode(file);
  return async (file) => await images.decode(await images.convert(file, { format: 'png', shape: size, size }));
}

async function encoded(
  { width, height, files, read }: Frames,
  about: { readonly ext: 'mp4' | 'webm' | 'gif'; readonly made: VideoMade; readonly options: VideoOptions },
): Promise<Uint8Array> {
  const { made, options, ext } = about;
  async function* frames(): AsyncGenerator<Uint8Array> {
    for (const file of files) yield (await read(file)).pixels;
  }
  const { plan, signal } = made;
  const size = { width, height, fps: plan.fps, frames: files.length };
  return await options.ffmpeg.encodeVideo(frames(), { ...size, ext, signal, progress: () => {} });
}

async function animated(video: Frames, { plan, signal }: VideoMade, { images }: VideoOptions): Promise<Uint8Array> {
  const endMs = (frame: number): number => Math.round((frame * 1000) / plan.fps);
  return await images.encodeAnimation({
    width: video.width,
    height: video.height,
    channels: video.channels,
    format: 'webp',
    delaysMs: video.files.map((_, frame) => endMs(frame + 1) - endMs(frame)),
    loop: 0, // endlessly
    frame: async (index) => (await video.read(video.files[index] ?? new Uint8Array())).pixels,
    signal,
    progress: () => {},
  });
}
