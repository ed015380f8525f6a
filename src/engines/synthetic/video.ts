import { unlessAborted } from '../../base/abort.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import type { Images } from '../../system/native/images.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { VideoExt } from '../ffmpeg/formats.ts';
import type { Ffmpeg } from '../ffmpeg/index.ts';
import { drawImage, RGB } from './image.ts';
import { type Clip, clipOf } from './limits.ts';

export interface SyntheticVideoOptions {
  readonly sha256: Sha256;
  readonly images: Pick<Images, 'encodeAnimation'>;
  /** For the formats that need it: without it, a clip is an animated WebP or GIF. */
  readonly ffmpeg: Pick<Ffmpeg, 'readiness' | 'encodeVideo'>;
  readonly log: Logger;
}

/** A way to the file that a task asks for, or to the nearest one that this machine can make. */
type Way =
  | { readonly by: 'ffmpeg'; readonly ext: VideoExt }
  | { readonly by: 'images'; readonly ext: 'webp' | 'gif'; readonly because?: string };

interface Making {
  readonly context: RunContext;
  /** Awaited every few milliseconds of work. */
  readonly breathe: () => Promise<void>;
}

/**
 * A video whose frames are the images of the prompt and their number. It is in the format that was asked for where
 * this machine can make it; the log says what it became, and it is never called what it is not.
 */
export async function video(
  task: TaskOf<'video'>,
  options: SyntheticVideoOptions,
  making: Making,
): Promise<TaskResult> {
  const { sha256, log } = options;
  const { context, breathe } = making;
  const way = await wayTo(task.ext.toLowerCase(), options.ffmpeg);
  const clip = clipOf(task, way.ext);
  const draw = (frame: number): Promise<Uint8Array> => drawImage(sha256(`${task.prompt} #${frame}`), clip, breathe);
  const frames = clip.delaysMs.length;
  const bytes =
    way.by === 'ffmpeg'
      ? await options.ffmpeg.encodeVideo(drawn(frames, draw), { ...clip, ...context, ext: way.ext, frames })
      : await animated(way.ext, clip, { images: options.images, context, draw });
  log.info('video.encoded', { asked: task.ext, frames, ...way });
  return { is: 'artifact', bytes, ext: way.ext };
}

const BY_FFMPEG: ReadonlySet<string> = new Set<VideoExt>(['mp4', 'webm', 'gif']);
const isByFfmpeg = (ext: string): ext is VideoExt => BY_FFMPEG.has(ext);

async function wayTo(asked: string, ffmpeg: SyntheticVideoOptions['ffmpeg']): Promise<Way> {
  if (!isByFfmpeg(asked)) return { by: 'images', ext: 'webp' };
  const able = await ffmpeg.readiness(asked);
  if (able.ready) return { by: 'ffmpeg', ext: asked };
  return asked === 'gif' ? { by: 'images', ext: 'gif' } : { by: 'images', ext: 'webp', because: able.because };
}

async function* drawn(frames: number, draw: (frame: number) => Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let frame = 0; frame < frames; frame++) yield await draw(frame);
}

interface Animating {
  readonly images: SyntheticVideoOptions['images'];
  readonly context: RunContext;
  readonly draw: (frame: number) => Promise<Uint8Array>;
}

async function animated(format: 'webp' | 'gif', clip: Clip, { images, context, draw }: Animating): Promise<Uint8Array> {
  const { width, height, delaysMs } = clip;
  const loop = 0; // for ever
  const size = { width, height, channels: RGB } as const;
  const encoding = images.encodeAnimation({ ...size, ...context, format, delaysMs, loop, frame: draw });
  return await unlessAborted(encoding, context.signal);
}
