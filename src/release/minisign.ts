import { joinBytes } from '../base/bytes.ts';
import type { SignatureCrypto } from '../system/signature-crypto.ts';

/**
 * Signatures in the format of minisign (https://jedisct1.github.io/minisign/), so that its program verifies ours, too:
 *
 *     untrusted comment: whatever
 *     base64(algorithm[2] ‖ key id[8] ‖ signature[64])      over the file, or with `ED` over its BLAKE2b-512
 *     trusted comment: whatever
 *     base64(signature[64])                                 over the signature above ‖ the trusted comment
 */

/** A key that this program trusts. */
export interface SigningKey {
  /** What it is for, such as `daily`. */
  readonly use: string;
  /** As minisign prints it: base64 of `Ed`, the key's id and the key. */
  readonly publicKey: string;
}

/** What came of the check of a signature. */
export type SignatureCheck =
  | { readonly is: 'valid'; readonly key: SigningKey; readonly trustedComment: string }
  | { readonly is: 'invalid'; readonly because: string };

/** The parts of a key or a signature that its base64 is made of. */
export interface MinisignBlob {
  readonly algorithm: string;
  /** As minisign prints it: hex of a little-endian number. */
  readonly keyId: string;
  /** The key, or the signature. */
  readonly rest: Uint8Array;
}

const ID_BYTES = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TRUSTED = 'trusted comment: ';
/** Far more than any comment of ours; what is longer is not a signature file. */
const MAX_TEXT_LENGTH = 8192;

/** Verifies that `bytes` and the trusted comment were signed by one of `keys`. Never throws, whatever the text is. */
export function verifyMinisign(
  bytes: Uint8Array,
  signatureText: string,
  keys: readonly SigningKey[],
  crypto: SignatureCrypto,
): SignatureCheck {
  const parsed = parseSignature(signatureText);
  if (parsed === undefined) return invalid('the signature is not in the format of minisign');
  const { blob, trustedComment, globalSignature } = parsed;
  const key = keys.find(({ publicKey }) => parsePublicKey(publicKey)?.keyId === blob.keyId);
  const raw = key && parsePublicKey(key.publicKey)?.rest;
  if (key === undefined || raw === undefined) {
    return invalid(`it is signed by the key ${blob.keyId}, which is none of ours`);
  }
  const message = blob.algorithm === 'ED' ? crypto.blake2b512(bytes) : bytes;
  if (!crypto.isSignedBy(raw, message, blob.rest)) return invalid('the signature does not match the content');
  const commented = joinBytes([blob.rest, new TextEncoder().encode(trustedComment)]);
  if (!crypto.isSignedBy(raw, commented, globalSignature)) {
    return invalid('the signature does not match its trusted comment');
  }
  return { is: 'valid', key, trustedComment };
}

/** The parts of a public key in minisign's base64; undefined when it is none. */
export const parsePublicKey = (text: string): MinisignBlob | undefined => parseBlob(text, /^Ed$/, KEY_BYTES);

interface ParsedSignature {
  readonly blob: MinisignBlob;
  readonly trustedComment: string;
  readonly globalSignature: Uint8Array;
}

function parseSignature(text: string): ParsedSignature | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const [untrusted = '', signature = '', trusted = '', global = '', ...more] = text.split(/\r?\n/);
  const isWhole = untrusted.startsWith('untrusted comment:') && trusted.startsWith(TRUSTED) && more.join('') === '';
  const blob = parseBlob(signature, /^E[dD]$/, SIGNATURE_BYTES);
  const globalSignature = fromBase64(global);
  if (!isWhole || blob === undefined || globalSignature?.byteLength !== SIGNATURE_BYTES) return undefined;
  return { blob, globalSignature, trustedComment: trusted.slice(TRUSTED.length) };
}

function parseBlob(text: string, algorithms: RegExp, restBytes: number): MinisignBlob | undefined {
  const bytes = fromBase64(text);
  if (bytes?.byteLength !== 2 + ID_BYTES + restBytes) return undefined;
  const algorithm = String.fromCodePoint(...bytes.subarray(0, 2));
  if (!algorithms.test(algorithm)) return undefined;
  const keyId = bytes.slice(2, 2 + ID_BYTES).toReversed();
  return { algorithm, keyId: keyId.toHex().toUpperCase(), rest: bytes.slice(2 + ID_BYTES) };
}

/** Of one spelling only: padding and unused bits have to be as an encoder writes them, and nothing may stand between. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    return /\s/.test(text) ? undefined : Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch {
    return undefined; // not base64
  }
}

const invalid = (because: string): SignatureCheck => ({ is: 'invalid', because });
