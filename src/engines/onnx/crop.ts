import { MASKED_ABOVE } from '../media/mask.ts';
import type { PixelArea } from './planes.ts';
import type { Plane } from './sampling.ts';

/** Around the masked part, as a share of it and in any case: the model must see what to continue. */
const MARGIN_SHARE = 4;
const MARGIN_PX = 32;
/** Below it, a stretch to the model's size invents more than it shows. */
const MIN_SIDE = 256;

/** The smallest rectangle with everything that is to be removed; undefined when nothing is. */
export function maskedArea({ data, width, height }: Plane): PixelArea | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((data[y * width + x] ?? 0) <= MASKED_ABOVE) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The square the model gets to see: a removal is sharp only where the model's 512 px are spent on its surroundings.
 * Where no square can hold the masked part, or none is smaller than the image, it is the whole image.
 */
export function regionFor(mask: Plane): PixelArea {
  const { width, height } = mask;
  const whole = { x: 0, y: 0, width, height };
  const box = maskedArea(mask);
  if (box === undefined) return whole;
  const longer = Math.max(box.width, box.height);
  const maxSide = Math.min(width, height);
  if (longer > maxSide) return whole;
  const margin = Math.round(longer / MARGIN_SHARE) + MARGIN_PX;
  // An image smaller than the minimum is its own maximum.
  const side = Math.min(maxSide, Math.max(MIN_SIDE, longer + 2 * margin));
  return {
    x: inside(box.x + Math.floor((box.width - side) / 2), width - side),
    y: inside(box.y + Math.floor((box.height - side) / 2), height - side),
    width: side,
    height: side,
  };
}

const inside = (at: number, last: number): number => Math.min(last, Math.max(0, at));
