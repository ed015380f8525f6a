/** Chance as a value, so that jitter and ids can be repeated in a test. */
export interface Random {
  /** A number in [0, 1). */
  unit(): number;
  /** `bytes` random bytes as lower-case hex; fit for secrets. */
  hex(bytes: number): string;
}

/** Chance from the runtime's cryptographic generator. */
export const systemRandom: Random = {
  unit: () => Math.random(),
  hex: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)).toHex(),
};
