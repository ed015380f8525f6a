import { WorkerError } from '../../base/errors.ts';
import { assertWrites, type VideoExt, videoFormat, fileUrl, MAX_RESULT_BYTES, outputArguments } from './formats.ts';
import type { FfmpegProgram } from './find-ffmpeg.ts';
import { withScratch } from '../programs/scratch.ts';
import { assertExitedWell, type FfmpegSetup, notMade, resultOf, runFfmpeg } from './run-ffmpeg.ts';

/** What is made of frames. */
export interface EncodeVideoOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** How many there will be, for progress. */
  readonly frames: number;
  readonly ext: VideoExt;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** @throws WorkerError as `Ffmpeg.encodeVideo` */
export async function encodeVideo(
  program: FfmpegProgram,
  frames: AsyncIterable<Uint8Array>,
  making: EncodeVideoOptions & FfmpegSetup,
): Promise<Uint8Array> {
  const { ext, signal, width, height, fps, scratch, tools } = making;
  assertWrites(program, ext);
  return await withScratch(scratch, 'ffmpeg', async (folder) => {
    const { pixelFormat, all } = await begin(frames, making);
    const size = ['-video_size', `${width}x${height}`, '-framerate', String(fps)];
    const pixels = ['-f', 'rawvideo', '-pixel_format', pixelFormat, ...size, '-i', 'pipe:0'];
    const command = [...pixels, ...outputArguments(videoFormat(ext, making), 'v', fileUrl(folder.at('out')))];
    const onFrames = (done: number): void => making.progress(Math.min(done, making.frames), making.frames);
    const ended = await runFfmpeg(program.path, { command, signal, onFrames, input: all }, tools);
    assertExitedWell(ended, notMade(ext));
    return resultOf(await folder.read('out'), MAX_RESULT_BYTES);
  });
}

/** The first frame determines the bytes per pixel; the others must be of the same size. */
async function begin(frames: AsyncIterable<Uint8Array>, { width, height }: EncodeVideoOptions) {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw new WorkerError('engine.failed', 'a video needs at least one frame');
  const sizeBytes = first.value.byteLength;
  const channels = sizeBytes / (width * height);
  if (channels !== 3 && channels !== 4) {
    await iterator.return?.();
    throw new WorkerError('engine.failed', `${sizeBytes} bytes are not a frame of ${width} x ${height} px`);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = first; at.done !== true; at = await iterator.next()) {
        if (at.value.byteLength !== sizeBytes) throw new WorkerError('engine.failed', 'the frames differ in size');
        yield at.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { pixelFormat: channels === 4 ? 'rgba' : 'rgb24', all: all() };
}
