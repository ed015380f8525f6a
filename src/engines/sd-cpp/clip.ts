import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { Images, Picture } from '../../system/native/images.ts';
import type { TaskResult } from '../engine.ts';
import type { Ffmpeg } from '../ffmpeg/index.ts';
import { framesOfAvi } from './avi.ts';

export interface ClipOptions {
  readonly images: Pick<Images, 'decode' | 'encodeAnimation'>;
  readonly ffmpeg: Pick<Ffmpeg, 'readiness' | 'encodeVideo'>;
  readonly log: Logger;
}

/** How many frames a clip has, and how many the model is asked for. */
export interface ClipPlan {
  readonly fps: number;
  readonly frames: number;
  readonly asked: number;
}

/** What video models were made for, when the task does not say. */
const OWN_FPS = 16;
/** The contract's shortest clip. */
const SHORTEST_SECONDS = 0.1;
/** All frames are made at once, and no GPU holds more. */
const MOST_FRAMES = 1024;
/** Models make one frame and then whole groups of four; stable-diffusion.cpp leaves the rest of a group out. */
const GROUP = 4;

/** @throws WorkerError `task.invalid` for a clip that is longer than any model makes */
export function planClip({ seconds, fps: own }: TaskOf<'video'>): ClipPlan {
  const fps = own === undefined || own === 0 ? OWN_FPS : own;
  const frames = Math.max(1, Math.round(Math.max(SHORTEST_SECONDS, seconds) * fps));
  if (frames <= MOST_FRAMES) return { fps, frames, asked: Math.ceil((frames - 1) / GROUP) * GROUP + 1 };
  throw new WorkerError('task.invalid', `${frames} frames are more than the sd-cpp engine makes at once`, {
    hint: `Ask for at most ${MOST_FRAMES} frames: fewer seconds or a lower fps.`,
  });
}

export interface ClipMade {
  readonly task: TaskOf<'video'>;
  readonly plan: ClipPlan;
  /** The film that sd-cli wrote. */
  readonly avi: Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * The film in the format that was asked for. Without a program that writes it, it becomes an animated WebP.
 *
 * @throws WorkerError `engine.failed` for a film without frames | as `Ffmpeg.encodeVideo`; the signal's reason
 */
export async function finishClip(made: ClipMade, options: ClipOptions): Promise<TaskResult> {
  const { task, avi } = made;
  const files = framesOfAvi(avi).slice(0, made.plan.frames);
  const [first] = files;
  if (first === undefined)
    throw new WorkerError('engine.failed', 'sd-cli exited with 0 but wrote a video without frames');
  const ext = task.ext.trim().toLowerCase();
  if (ext === 'avi') return { is: 'artifact', bytes: avi, ext };
  const { width, height, channels } = await options.images.decode(first);
  const film = { width, height, channels, files };
  if (ext === 'mp4' || ext === 'webm' || ext === 'gif') {
    const readiness = await options.ffmpeg.readiness(ext);
    if (readiness.ready) return { is: 'artifact', bytes: await filmed(film, { ext, made, options }), ext };
    options.log.warn('clip.written-as-webp', { asked: ext, because: readiness.because, hint: readiness.hint });
  }
  return { is: 'artifact', bytes: await animated(film, made, options), ext: 'webp' };
}

interface Film extends Pick<Picture, 'width' | 'height' | 'channels'> {
  readonly files: readonly Uint8Array[];
}

async function filmed(
  { width, height, files }: Film,
  about: { readonly ext: 'mp4' | 'webm' | 'gif'; readonly made: ClipMade; readonly options: ClipOptions },
): Promise<Uint8Array> {
  const { made, options, ext } = about;
  async function* frames(): AsyncGenerator<Uint8Array> {
    for (const file of files) yield (await options.images.decode(file)).pixels;
  }
  const { plan, signal } = made;
  const size = { width, height, fps: plan.fps, frames: files.length };
  return await options.ffmpeg.encodeVideo(frames(), { ...size, ext, signal, progress: () => {} });
}

async function animated(film: Film, { plan, signal }: ClipMade, { images }: ClipOptions): Promise<Uint8Array> {
  const endMs = (frame: number): number => Math.round((frame * 1000) / plan.fps);
  return await images.encodeAnimation({
    width: film.width,
    height: film.height,
    channels: film.channels,
    format: 'webp',
    delaysMs: film.files.map((_, frame) => endMs(frame + 1) - endMs(frame)),
    loop: 0, // for ever
    frame: async (index) => (await images.decode(film.files[index] ?? new Uint8Array())).pixels,
    signal,
    progress: () => {},
  });
}
