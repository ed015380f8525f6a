/** What the check of a signature is made of. Keys, digests and signatures are raw bytes: 32, 64 and 64 of them. */
export interface SignatureCrypto {
  blake2b512(bytes: Uint8Array): Uint8Array;
  /** Ed25519, RFC 8032. A signature of another length is a wrong one. */
  isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** How a raw Ed25519 key begins where the runtime takes it (SPKI, RFC 8410 §4). */
const SPKI = Uint8Array.fromHex('302a300506032b6570032100');

/** The runtime's own; loaded with the first signature, for it takes longer than most of a start. */
export const signatureCrypto: SignatureCrypto = {
  blake2b512: (bytes) => new Bun.CryptoHasher('blake2b512').update(bytes).digest(),
  isSignedBy: (publicKey, message, signature) => {
    const { createPublicKey, verify } = process.getBuiltinModule('node:crypto');
    const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  },
};
