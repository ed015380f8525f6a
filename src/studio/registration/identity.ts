import type { Sha256 } from '../../system/disk/digest.ts';
import type { Random } from '../../system/random.ts';

const INSTALL_ID_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * A name for this installation: 16 random bytes as 8-4-4-4-12 hex digits. UUID-shaped, without a UUID's version
 * bits, as the studio contract has it.
 */
export function mintInstallId(random: Pick<Random, 'hex'>): string {
  const hex = random.hex(INSTALL_ID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** What proves that a later poll comes from the sender of the request: 32 random bytes as hex. */
export const mintSecret = (random: Pick<Random, 'hex'>): string => random.hex(SECRET_BYTES);

/** SHA-256, in hex, over the secret's hex *text*: hashing the 32 bytes behind it would lock us out of our own poll. */
export const hashSecret = (secret: string, sha256: Sha256): string => sha256(secret).toHex();
