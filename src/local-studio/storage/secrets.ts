import type { Random } from '../../system/random.ts';

/** SHA-256 of a text in lower-case hex. Secrets are kept in no other form. */
export type HashOf = (text: string) => string;

const TOKEN_BYTES = 32;
/** A token of a worker or an operator, or a bootstrap token: 32 random bytes in hex. */
export const newToken = (random: Pick<Random, 'hex'>): string => random.hex(TOKEN_BYTES);

/** Bytes by which a project's token is found; they are no secret. */
const ID_BYTES = 4;
/** A project's token, with what it begins with: `swp_<id>_<secret>`. Scanners for leaked secrets find it by its form. */
export function newProjectToken(random: Pick<Random, 'hex'>): { readonly id: string; readonly token: string } {
  const id = `swp_${random.hex(ID_BYTES)}`;
  return { id, token: `${id}_${random.hex(TOKEN_BYTES)}` };
}

/** What a project's token begins with; undefined for a text that is none. */
export const tokenIdOf = (token: string): string | undefined => /^(swp_[\da-f]{8})_[\da-f]+$/.exec(token)?.[1];

/** Compares two hashes without telling by its time how much of them agrees. */
export function sameHash(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at % (other.length || 1));
  return difference === 0 && one !== '';
}
