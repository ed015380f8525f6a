/** Chance that comes back the same for the same seed. */
export interface Chance {
  /** A whole number from 0 up to, but not including, this. */
  below(end: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  bytes(count: number): Uint8Array;
}

/** Mulberry32 (public domain): 32 bits of state, and enough for choosing. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number): number => next() % Math.max(1, end);
  return {
    below,
    pick: (list) => list[below(list.length)] ?? list[0],
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  };
}

/** The seed of one input, so that each can be made again without those before it. */
export const seedAt = (seed: number, index: number): number =>
  Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) + index * 0x27d4;
