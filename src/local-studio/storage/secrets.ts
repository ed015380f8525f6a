import type { Random } from '../../system/random.ts';

/** SHA-256 of a text in lower-case hex. Secrets are kept in no other form. */
export type HashOf = (text: string) => string;

const TOKEN_BYTES = 32;
/** A token of a worker or an operator, or a bootstrap token: 32 random bytes in hex. */
export const newToken = (random: Pick<Random, 'hex'>): string => random.hex(TOKEN_BYTES);

/** Compares two hashes without telling by its time how much of them agrees. */
export function sameHash(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at % (other.length || 1));
  return difference === 0 && one !== '';
}
