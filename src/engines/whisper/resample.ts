/** Zero crossings of the filter on each side, at the lower of both rates: more make a steeper edge. */
const CROSSINGS = 24;
/** Of the window: what the filter keeps out stays 80 dB below (Kaiser's formula gives 7.86). */
const BETA = 7.86;
/** Of the lower half rate, where the filter's edge lies; speech has nothing that near to it. */
const EDGE = 0.94;

/**
 * Samples at another rate, by a band-limited filter (a sinc under a Kaiser window, one set of weights for each place that
 * a new sample can have between two old ones): what the new rate cannot hold is taken away instead of folded back.
 * Beyond both ends there is silence. Times do not shift.
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const divisor = greatestCommon(from, to);
  const [up, down] = [to / divisor, from / divisor];
  const { reach, weightsAt } = filterFor(Math.min(1, to / from) * EDGE);
  const phases = new Map<number, Float32Array>();
  const resampled = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let at = 0; at < resampled.length; at++) {
    const place = at * down;
    const phase = place % up;
    const weights = phases.get(phase) ?? weightsAt(phase / up);
    phases.set(phase, weights);
    const first = Math.floor(place / up) - reach + 1;
    const begin = Math.max(0, -first);
    const end = Math.min(weights.length, samples.length - first);
    let sum = 0;
    for (let tap = begin; tap < end; tap++) sum += (weights[tap] ?? 0) * (samples[first + tap] ?? 0);
    resampled[at] = sum;
  }
  return resampled;
}

/** A filter that ends at a share of the old half rate. */
function filterFor(cutoff: number) {
  const reach = Math.ceil(CROSSINGS / cutoff);
  /** The weights for a new sample that lies so far behind an old one; they add up to 1. */
  const weightsAt = (behind: number): Float32Array => {
    const weights = new Float32Array(2 * reach);
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap++) {
      const weight = kernelAt(Math.abs(tap - reach + 1 - behind) * cutoff);
      weights[tap] = weight;
      sum += weight;
    }
    return weights.map((weight) => weight / sum);
  };
  return { reach, weightsAt };
}

/** Between two entries the kernel is all but straight: what a line misses is 100 dB below. */
const STEPS = 512;
let kernel: Float32Array | undefined;

/** The windowed sinc at this many zero crossings from its middle. */
function kernelAt(crossings: number): number {
  kernel ??= Float32Array.from({ length: CROSSINGS * STEPS + 2 }, (_, step) => exactKernel(step / STEPS));
  if (crossings >= CROSSINGS) return 0;
  const step = Math.floor(crossings * STEPS);
  const before = kernel[step] ?? 0;
  return before + ((kernel[step + 1] ?? 0) - before) * (crossings * STEPS - step);
}

const exactKernel = (x: number): number => sinc(x) * kaiser(x / CROSSINGS);
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x: number): number => (Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));

/** Bessel's modified function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let n = 1; term > sum * 1e-9; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}
