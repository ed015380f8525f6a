import { createHash } from 'node:crypto';
import { crc32 as crc } from 'node:zlib';

/** SHA-256 over bytes, or over the UTF-8 of a text. */
export type Sha256 = (input: string | Uint8Array) => Uint8Array;

/** The runtime's own, in one call: everything hashed here fits into memory. */
export const sha256: Sha256 = (input) => createHash('sha256').update(input).digest();

/** SHA-256 of what comes piece by piece. */
export interface RunningSha256 {
  add(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. Nothing may be added after it. */
  hex(): string;
}

/** For what is too large for memory. */
export function startSha256(): RunningSha256 {
  const hash = createHash('sha256');
  return { add: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

/** CRC-32 of bytes, continued from that of the bytes before them. Finds accidents, at several times the speed of SHA-256. */
export const crc32 = (bytes: Uint8Array, before = 0): number => crc(bytes, before);
