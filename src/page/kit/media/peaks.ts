/** How many bars a wave has. */
const BARS = 96;

/** The loudest of each part of a recording, from 0 to 1 of the loudest of all: a quiet one fills its picture, too. */
export function peaksOf(samples: Float32Array, bars = BARS): readonly number[] {
  const parts = Array.from({ length: bars }, (_, index) => {
    const from = Math.floor((index * samples.length) / bars);
    const to = Math.floor(((index + 1) * samples.length) / bars);
    return samples.subarray(from, to).reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
  });
  const loudest = Math.max(...parts);
  return parts.map((part) => (loudest === 0 ? 0 : part / loudest));
}
