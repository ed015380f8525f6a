import { unlessAborted } from '../../base/abort.ts';
import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Images, RawImage } from '../../system/native/images.ts';
import type { TaskResult } from '../result.ts';
import { readTaskImage, type TaskImageOptions } from '../media/task-image.ts';
import { cubeGlb } from './glb.ts';
import { RGB } from './image.ts';

export interface MeshOptions extends TaskImageOptions {
  readonly images: TaskImageOptions['images'] & Pick<Images, 'encode'>;
}

/** Studio contract: the texture of the synthetic mesh. */
const TEXTURE_PX = 64;
const CELL_PX = TEXTURE_PX / 4;
const PIXELS_PER_TURN = 1024 * 1024;

type Colour = readonly [red: number, green: number, blue: number];

interface Making {
  readonly signal: AbortSignal;
  /** Awaited every few milliseconds of work. */
  readonly breathe: () => Promise<void>;
}

/** A cube with a checker of the image's average colour and its half. */
export async function cube(
  task: TaskOf<'mesh'>,
  options: MeshOptions,
  { signal, breathe }: Making,
): Promise<TaskResult> {
  const image = await usable(readTaskImage({ what: 'input image', url: task.imageUrl }, options, signal), signal);
  const size = { width: TEXTURE_PX, height: TEXTURE_PX, channels: RGB } as const;
  const encoding = options.images.encode({
    ...size,
    pixels: checker(await averageColour(image, breathe)),
    format: 'png',
  });
  return { is: 'artifact', bytes: cubeGlb(await unlessAborted(encoding, signal)), ext: 'glb' };
}

/** An image that no retry would make usable ends the job, in the studio contract's words. */
async function usable(reading: Promise<RawImage>, signal: AbortSignal): Promise<RawImage> {
  try {
    return await reading;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof WorkerError) || thrown.retryable) throw thrown;
    const { message, hint } = thrown;
    throw new WorkerError('task.invalid', `the picture cannot be used: ${message}`, {
      cause: thrown,
      ...(hint !== undefined && { hint }),
    });
  }
}

/** The mean of each channel, as a whole number. Alpha does not count; grey is all three colours. */
export async function averageColour(
  { pixels, width, height, channels }: RawImage,
  breathe: Making['breathe'],
): Promise<Colour> {
  const sums: [number, number, number] = [0, 0, 0];
  const [green, blue] = channels < RGB ? [0, 0] : [1, 2];
  for (let at = 0; at < pixels.byteLength; at += channels) {
    if (at > 0 && at % (PIXELS_PER_TURN * channels) === 0) await breathe();
    sums[0] += pixels[at] ?? 0;
    sums[1] += pixels[at + green] ?? 0;
    sums[2] += pixels[at + blue] ?? 0;
  }
  const mean = (sum: number): number => Math.floor(sum / Math.max(1, width * height));
  return [mean(sums[0]), mean(sums[1]), mean(sums[2])];
}

function checker(colour: Colour): Uint8Array {
  const pixels = new Uint8Array(TEXTURE_PX * TEXTURE_PX * RGB);
  const dark = colour.map((part) => Math.floor(part / 2));
  for (let pixel = 0; pixel < TEXTURE_PX * TEXTURE_PX; pixel++) {
    const column = Math.floor((pixel % TEXTURE_PX) / CELL_PX);
    const row = Math.floor(pixel / TEXTURE_PX / CELL_PX);
    pixels.set((column + row) % 2 === 0 ? colour : dark, pixel * RGB);
  }
  return pixels;
}
