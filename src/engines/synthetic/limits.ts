import { WorkerError } from '../../base/errors.ts';
import type { Size } from './image.ts';

/** What a size of 0 asks for: this model's own. */
const OWN_SIDE_PX = 512;
const OWN_FPS = 8;
const MAX_SIDE_PX = 4096;
const MAX_SECONDS = 60;
const MAX_FPS = 60;
/** Viewers show a GIF frame of less than two hundredths of a second for a tenth instead. */
const MAX_GIF_FPS = 50;
/** Pixels of all frames together: 512 frames of 512 x 512. */
const MAX_TOTAL_PIXELS = 512 * 512 * 512;
/** A GIF's frames are in memory at the same time, three bytes a pixel. */
const MAX_GIF_PIXELS = MAX_TOTAL_PIXELS / 4;
/** The contract's shortest clip. */
const MIN_SECONDS = 0.1;

const invalid = (message: string, hint: string): WorkerError => new WorkerError('task.invalid', message, { hint });

/** The size a task names. @throws WorkerError `task.invalid` */
export function sizeOf(task: Size): Size {
  const size = { width: task.width || OWN_SIDE_PX, height: task.height || OWN_SIDE_PX };
  if (size.width <= MAX_SIDE_PX && size.height <= MAX_SIDE_PX) return size;
  throw invalid(
    `${size.width} x ${size.height} px is larger than the synthetic engine draws`,
    `Ask for at most ${MAX_SIDE_PX} px a side.`,
  );
}

export interface Clip extends Size {
  readonly fps: number;
  /** How long each frame is shown. They add up to the clip's length, whatever the frame rate. */
  readonly delaysMs: readonly number[];
}

export interface ClipParams extends Size {
  readonly seconds: number;
  readonly fps?: number | undefined;
}

/** The clip a task names, for a file with this extension. @throws WorkerError `task.invalid` */
export function clipOf(task: ClipParams, format: string): Clip {
  const size = sizeOf(task);
  const fps = task.fps || OWN_FPS;
  const maxFps = format === 'gif' ? MAX_GIF_FPS : MAX_FPS;
  if (task.seconds > MAX_SECONDS) {
    throw invalid(
      `${task.seconds} s is longer than the synthetic engine draws`,
      `Ask for at most ${MAX_SECONDS} seconds.`,
    );
  }
  if (fps > maxFps) {
    throw invalid(
      `${fps} fps is faster than the synthetic engine draws ${format}`,
      `Ask for at most ${maxFps} frames a second.`,
    );
  }
  const frames = Math.max(1, Math.round(Math.max(MIN_SECONDS, task.seconds) * fps));
  assertFits(frames, size, format === 'gif' ? MAX_GIF_PIXELS : MAX_TOTAL_PIXELS);
  return { ...size, fps, delaysMs: delaysOf(frames, fps, format === 'gif' ? 10 : 1) };
}

function assertFits(frames: number, size: Size, maxPixels: number): void {
  const maxFrames = Math.floor(maxPixels / (size.width * size.height));
  if (frames <= maxFrames) return;
  throw invalid(
    `${frames} frames of ${size.width} x ${size.height} px are more than the synthetic engine draws`,
    `Ask for at most ${maxFrames} frames of this size: fewer seconds, a lower fps or a smaller size.`,
  );
}

/** Rounds where each frame ends, not how long it lasts: rounding errors do not add up over a clip. */
function delaysOf(frames: number, fps: number, stepMs: number): readonly number[] {
  const endMs = (frame: number): number => stepMs * Math.round((frame * 1000) / fps / stepMs);
  return Array.from({ length: frames }, (_, frame) => endMs(frame + 1) - endMs(frame));
}
