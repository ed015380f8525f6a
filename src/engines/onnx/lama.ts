import { WorkerError } from '../../base/errors.ts';
import type { Tensor } from './binding.ts';
import { MASKED_ABOVE } from '../media/mask.ts';
import { type PixelArea, cut } from './planes.ts';
import { blur, type Plane } from './sampling.ts';

/** Studio contract, removal: the model's own size, and how soft the seam is. */
export const MODEL_SIDE = 512;
const SEAM_SIGMA = 4;
const SEAM_REACH = 2 * SEAM_SIGMA;
const PIXELS = MODEL_SIDE * MODEL_SIDE;
/** An output whose largest number is above this is in bytes already, not in shares of 1. */
const ALREADY_BYTES = 2;

/** What the model takes: planar colours from 0 to 1, and 1 where something is to go. Both are of the model's size. */
export function tensorsOf(colours: Plane, mask: Plane): { readonly image: Tensor; readonly mask: Tensor } {
  const image = new Float32Array(3 * PIXELS);
  for (let at = 0; at < PIXELS; at++) {
    for (let colour = 0; colour < 3; colour++) {
      image[colour * PIXELS + at] = (colours.data[at * 3 + colour] ?? 0) / 255;
    }
  }
  const removed = Float32Array.from(mask.data, (grey) => (grey > MASKED_ABOVE ? 1 : 0));
  return {
    image: { data: image, dims: [1, 3, MODEL_SIDE, MODEL_SIDE] },
    mask: { data: removed, dims: [1, 1, MODEL_SIDE, MODEL_SIDE] },
  };
}

/** What the model returned, as an image. @throws WorkerError `model.unusable` when it is none */
export function planeOf({ data, dims }: Tensor): Plane {
  if (data.length !== 3 * PIXELS) {
    throw new WorkerError('model.unusable', `the model's output is ${dims.join(' x ')}, not 1 x 3 x 512 x 512`);
  }
  let largest = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) throw new WorkerError('engine.failed', 'the model returned NaN or infinite values');
    if (value > largest) largest = value;
  }
  const scale = largest > ALREADY_BYTES ? 1 : 255;
  const bytes = new Uint8Array(3 * PIXELS);
  for (let at = 0; at < PIXELS; at++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = (data[colour * PIXELS + at] ?? 0) * scale;
      bytes[at * 3 + colour] = Math.trunc(Math.min(255, Math.max(0, value)));
    }
  }
  return { data: bytes, width: MODEL_SIDE, height: MODEL_SIDE, channels: 3 };
}

/**
 * Lays what the model made of a region over the image, through the softened mask. Where the softened mask is zero the
 * image stays what it was, byte for byte.
 */
export function composite(base: Plane, { fill, mask, region }: { fill: Plane; mask: Plane; region: PixelArea }): Plane {
  const soft = softened(mask, region);
  const data = base.data.slice();
  for (let y = 0; y < region.height; y++) {
    for (let x = 0; x < region.width; x++) {
      const alpha = (soft.data[y * region.width + x] ?? 0) / 255;
      if (alpha === 0) continue;
      const to = ((region.y + y) * base.width + region.x + x) * 3;
      const from = (y * region.width + x) * 3;
      for (let colour = 0; colour < 3; colour++) {
        data[to + colour] = Math.round(
          (data[to + colour] ?? 0) * (1 - alpha) + (fill.data[from + colour] ?? 0) * alpha,
        );
      }
    }
  }
  return { ...base, data };
}

/** The blurred mask of a region. What lies further away than the blur reaches need not be blurred. */
function softened(mask: Plane, region: PixelArea): Plane {
  const x = Math.max(0, region.x - SEAM_REACH);
  const y = Math.max(0, region.y - SEAM_REACH);
  const around = {
    x,
    y,
    width: Math.min(mask.width, region.x + region.width + SEAM_REACH) - x,
    height: Math.min(mask.height, region.y + region.height + SEAM_REACH) - y,
  };
  return cut(blur(cut(mask, around), SEAM_SIGMA), { ...region, x: region.x - x, y: region.y - y });
}
