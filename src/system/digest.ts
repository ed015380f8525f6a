import { createHash } from 'node:crypto';

/** SHA-256 over bytes, or over the UTF-8 of a text. */
export type Sha256 = (input: string | Uint8Array) => Uint8Array;

/** The runtime's own, in one call: everything hashed here fits into memory. */
export const sha256: Sha256 = (input) => createHash('sha256').update(input).digest();
