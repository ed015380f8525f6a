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
  const { reach, phases } = filterFor(up, from, to);
  const resampled = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let at = 0; at < resampled.length; at++) {
    const place = at * down;
    const weights = phases[place % up] ?? NOTHING;
    const first = Math.floor(place / up) - reach + 1;
    const begin = Math.max(0, -first);
    const end = Math.min(weights.length, samples.length - first);
    let sum = 0;
    for (let tap = begin; tap < end; tap++) sum += (weights[tap] ?? 0) * (samples[first + tap] ?? 0);
    resampled[at] = sum;
  }
  return resampled;
}

const NOTHING = new Float32Array();

/** The weights of a new sample that lies `phase / up` behind an old one; each set adds up to 1. */
function filterFor(up: number, from: number, to: number) {
  const cutoff = Math.min(1, to / from) * EDGE;
  const width = CROSSINGS / cutoff;
  const reach = Math.ceil(width);
  const phases = Array.from({ length: up }, (_, phase) => {
    const weights = Float32Array.from({ length: 2 * reach }, (_weight, tap) => {
      const distance = tap - reach + 1 - phase / up;
      return sinc(distance * cutoff) * kaiser(distance / width);
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
  return { reach, phases };
}

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
