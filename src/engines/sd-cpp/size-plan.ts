import { WorkerError } from '../../base/errors.ts';
import { imageTypeOfExt } from '../../base/media/image-type.ts';
import { MAX_STEPS } from '../../base/media/result-limits.ts';
import type { CliDefaults } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { ImageFormat, Images } from '../../system/native/images.ts';
import { type Settings, sdCliSettingsOf } from './cli/settings.ts';
import { outputExt } from './input-images.ts';
import type { Stretch } from './prepare-images.ts';

/** A multiple of every model's size step: an image whose sides are multiples of it comes out exactly as requested. */
const STEP_PX = 64;
/** No GPU draws more at once: 4096 x 4096. */
const MAX_PIXELS = 4096 * 4096;
/** What a JPEG keeps when it is written here; stable-diffusion.cpp writes its own with as much. */
const JPEG_QUALITY = 90;

/** How an image is drawn, and made into the one that was asked for. */
export interface SizePlan {
  /** The task as the program is to do it. */
  readonly task: TaskOf<'image'>;
  /** How images of the task have to fit; undefined where they do. */
  readonly stretch: Stretch | undefined;
  /** What the program drew as the file that was asked for: cut to its proportions out of the middle, then scaled. */
  finish(drawn: Uint8Array, images: Pick<Images, 'probe' | 'convert'>): Promise<Uint8Array>;
}

/**
 * Plans an image whose sides no model may be able to draw: it is drawn as near as the model can, and then cut and scaled
 * to the size that was asked for. With an image to start from, that is stretched to the next size that every model draws
 * and the result back, so that everything stays where it was.
 *
 * @throws WorkerError `task.invalid` for what is beyond any model, or cannot be made into what was asked for
 */
export function planImage(task: TaskOf<'image'>, defaults: CliDefaults): SizePlan {
  const settings = sdCliSettingsOf(task, defaults);
  assertWithinLimits(settings);
  assertShares(task);
  const { width, height } = settings;
  const ext = outputExt(task.ext);
  if ([width, height].every((side) => side % STEP_PX === 0)) {
    return { task, stretch: undefined, finish: (drawn) => Promise.resolve(drawn) };
  }
  const format = formatOf(ext);
  const size = { width, height };
  const stretch = startsFromImage(task) ? { shape: size, size: { width: up(width), height: up(height) } } : undefined;
  return {
    task: { ...task, ...(stretch?.size ?? size), ext: 'png' },
    stretch,
    async finish(drawn, images) {
      const made = await images.probe(drawn);
      const isExact = made.width === width && made.height === height;
      if (isExact && format === 'png') return drawn;
      const quality = format === 'jpeg' ? { quality: JPEG_QUALITY } : {};
      const fit = isExact ? {} : { size, ...(stretch === undefined && { shape: size }) };
      return await images.convert(drawn, { format, ...quality, ...fit });
    },
  };
}

const up = (side: number): number => Math.ceil(side / STEP_PX) * STEP_PX;
const startsFromImage = ({ initImageUrl = '', refImageUrl = '' }: TaskOf<'image'>): boolean =>
  initImageUrl !== '' && refImageUrl === '';

function formatOf(ext: string): ImageFormat {
  const type = imageTypeOfExt(ext);
  if (type === 'png' || type === 'jpeg' || type === 'webp') return type;
  throw new WorkerError('task.invalid', `a ${ext} can only be drawn with sides that are multiples of ${STEP_PX} px`, {
    hint: 'Ask for such a size, or for a png.',
  });
}

/** @throws WorkerError `task.invalid` for a size or a number of steps beyond any model */
export function assertWithinLimits({ width, height, steps }: Settings): void {
  if (width * height > MAX_PIXELS) {
    throw new WorkerError('task.invalid', `${width} x ${height} px is larger than the sd-cpp engine draws`, {
      hint: `Ask for at most ${MAX_PIXELS} pixels, such as 4096 x 4096.`,
    });
  }
  if (steps <= MAX_STEPS) return;
  throw new WorkerError('task.invalid', `${steps} steps are more than the sd-cpp engine takes`, {
    hint: `Ask for at most ${MAX_STEPS} steps.`,
  });
}

function assertShares({ denoise = 0, cfgScale = 0 }: TaskOf<'image'>): void {
  if (denoise < 0 || denoise > 1) {
    throw new WorkerError('task.invalid', `a denoise of ${denoise} is no share of an image`, {
      hint: 'Ask for a denoise from 0, which keeps the init image, to 1, which paints it over.',
    });
  }
  if (Math.abs(cfgScale) <= MAX_CFG_SCALE) return;
  throw new WorkerError('task.invalid', `a cfgScale of ${cfgScale} is more than any model follows`, {
    hint: `Ask for a cfgScale of at most ${MAX_CFG_SCALE}.`,
  });
}

const MAX_CFG_SCALE = 1000;
