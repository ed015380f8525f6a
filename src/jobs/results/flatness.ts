import type { RawImage } from '../../system/native/images.ts';

/** Of 255 levels. What lossy files add to one flat colour stays below it; a dot in a thousandth of the area is above. */
const MIN_SPREAD = 1.5;
/** An icon this small may be one colour. */
const MIN_PIXELS = 64;
/** Of a larger image this many pixels are sampled, spread evenly: a millisecond or two of work. */
const MAX_PIXELS = 256 * 256;

/**
 * The colour of an image that has only one, such as `#808080`; undefined when there is something to see on it.
 *
 * Engines that ran out of memory have been seen to exit with 0 and a grey or black image. What is transparent counts as
 * far as it shows.
 */
export function flatColour({ pixels, width, height, channels }: RawImage): string | undefined {
  const count = width * height;
  if (count < MIN_PIXELS) return undefined;
  const step = Math.ceil(count / MAX_PIXELS) | 1; // odd, so that it does not keep to one column
  const hasAlpha = channels === 2 || channels === 4;
  const sums = [0, 0, 0, 0];
  const squares = [0, 0, 0, 0];
  let sampled = 0;
  for (let pixel = 0; pixel < count; pixel += step, sampled += 1) {
    const at = pixel * channels;
    const shows = hasAlpha ? (pixels[at + channels - 1] ?? 255) / 255 : 1;
    for (let channel = 0; channel < channels; channel++) {
      const isAlpha = hasAlpha && channel === channels - 1;
      const level = (pixels[at + channel] ?? 0) * (isAlpha ? 1 : shows);
      sums[channel] = (sums[channel] ?? 0) + level;
      squares[channel] = (squares[channel] ?? 0) + level * level;
    }
  }
  const means = sums.slice(0, channels).map((sum) => sum / sampled);
  const spreads = means.map((mean, channel) => Math.sqrt(Math.max(0, (squares[channel] ?? 0) / sampled - mean * mean)));
  return spreads.every((spread) => spread < MIN_SPREAD) ? nameOf(means, hasAlpha) : undefined;
}

function nameOf(means: readonly number[], hasAlpha: boolean): string {
  if (hasAlpha && Math.round(means.at(-1) ?? 255) === 0) return 'fully transparent';
  const colours = means.slice(0, hasAlpha ? -1 : undefined);
  const [red = 0, green = red, blue = red] = colours;
  return `#${[red, green, blue].map((level) => Math.round(level).toString(16).padStart(2, '0')).join('')}`;
}
