import type { Random } from '../../../src/system/random.ts';

/** Chance that repeats: a small linear generator (Numerical Recipes constants) from a seed. */
export function fakeRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return {
    unit: () => next() / 2 ** 32,
    hex: (bytes) => Uint8Array.from({ length: bytes }, () => next() >>> 24).toHex(),
  };
}
