/** An image's numbers, row by row, `channels` to a pixel. */
export interface Plane {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** How much a source pixel counts, by its distance; nothing beyond `reach`. */
interface Kernel {
  readonly reach: number;
  readonly at: (distance: number) => number;
}

/** The reference's filter for stretching. */
const TRIANGLE: Kernel = { reach: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) };

/** A bell that is cut where the reference cuts it, at twice its width. */
const gaussian = (sigma: number): Kernel => ({
  reach: 2 * sigma,
  at: (distance) => Math.exp(-(distance * distance) / (2 * sigma * sigma)),
});

/** Stretches to a size. The same size is the same image, pixel for pixel. */
export function resize(plane: Plane, width: number, height: number): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const rows = sampleRows(plane, tapsOf(plane.height, height, TRIANGLE));
  return round(sampleColumns(rows, tapsOf(plane.width, width, TRIANGLE)));
}

/** Blurs. Beyond the edge there is nothing, and nothing does not count. */
export function blur(plane: Plane, sigma: number): Plane {
  const kernel = gaussian(sigma);
  const rows = sampleRows(plane, tapsOf(plane.height, plane.height, kernel));
  return round(sampleColumns(rows, tapsOf(plane.width, plane.width, kernel)));
}

/** Which source pixels make one target pixel, and how much of each; the weights add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

/** Shrinking widens the kernel, so that no source pixel is passed over. */
function tapsOf(from: number, to: number, kernel: Kernel): readonly Taps[] {
  const ratio = from / to;
  const scale = Math.max(1, ratio);
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * ratio;
    const first = Math.min(from - 1, Math.max(0, Math.floor(centre - kernel.reach * scale)));
    const end = Math.min(from, Math.max(first + 1, Math.ceil(centre + kernel.reach * scale)));
    const weights = Float32Array.from({ length: end - first }, (_weight, tap) =>
      kernel.at((first + tap + 0.5 - centre) / scale),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

type Sampled = Omit<Plane, 'data'> & { readonly data: Float32Array };

function sampleRows({ data, width, channels }: Plane, taps: readonly Taps[]): Sampled {
  const stride = width * channels;
  const sampled = new Float32Array(stride * taps.length);
  for (const [row, { first, weights }] of taps.entries()) {
    const target = sampled.subarray(row * stride, (row + 1) * stride);
    for (const [tap, weight] of weights.entries()) {
      const from = (first + tap) * stride;
      for (let at = 0; at < stride; at++) target[at] = (target[at] ?? 0) + weight * (data[from + at] ?? 0);
    }
  }
  return { data: sampled, width, height: taps.length, channels };
}

function sampleColumns({ data, width, height, channels }: Sampled, taps: readonly Taps[]): Sampled {
  const sampled = new Float32Array(taps.length * height * channels);
  let target = 0;
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of taps) {
      const from = (row * width + first) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = 0; tap < weights.length; tap++) {
          sum += (weights[tap] ?? 0) * (data[from + tap * channels + channel] ?? 0);
        }
        sampled[target++] = sum;
      }
    }
  }
  return { data: sampled, width: taps.length, height, channels };
}

/** A Uint8ClampedArray rounds to nearest and clamps, as the platform defines it. */
const round = ({ data, width, height, channels }: Sampled): Plane => ({
  data: new Uint8Array(new Uint8ClampedArray(data).buffer),
  width,
  height,
  channels,
});
