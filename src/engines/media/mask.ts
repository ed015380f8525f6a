import { WorkerError } from '../../base/errors.ts';
import type { RawImage } from '../../system/native/images.ts';

/** Brighter than this asks for a change (studio contract, removal: a mask byte above 128). */
export const MASKED_ABOVE = 128;
const OPAQUE = 255;
/** The weights of red, green and blue in brightness (ITU-R BT.709), and their sum. */
const [RED, GREEN, BLUE, WHOLE] = [2126, 7152, 722, 10_000];

/**
 * How much of each pixel a mask selects, a byte each: its brightness as far as it shows. What is transparent selects
 * nothing, whichever colour hides there.
 */
export function selectionOf({ pixels, width, height, channels }: RawImage): Uint8Array {
  const selection = new Uint8Array(width * height);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  const alpha = channels % 2 === 0 ? channels - 1 : undefined;
  for (let at = 0, from = 0; at < selection.length; at++, from += channels) {
    const sum = RED * (pixels[from] ?? 0) + GREEN * (pixels[from + green] ?? 0) + BLUE * (pixels[from + blue] ?? 0);
    const shows = alpha === undefined ? OPAQUE : (pixels[from + alpha] ?? OPAQUE);
    selection[at] = Math.floor((sum * shows) / (WHOLE * OPAQUE));
  }
  return selection;
}

/** How many pixels a mask selects. */
export function countSelected(selection: Uint8Array): number {
  let count = 0;
  for (const level of selection) if (level > MASKED_ABOVE) count += 1;
  return count;
}

/** A mask that cannot be meant. `what` it selects, in words that end the sentence. */
export const maskError = (what: string): WorkerError =>
  new WorkerError('task.invalid', `the mask selects ${what}`, {
    hint: 'Draw a mask that is white where the image is to change, and black or transparent elsewhere.',
  });
