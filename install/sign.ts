import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
  sign,
} from 'node:crypto';
import { WorkerError } from '../src/base/errors.ts';

/** A key in the layout of minisign's files: `minisign -S` and `minisign -V` take what is made here, and the other way round. */
export interface SecretKey {
  readonly id: Uint8Array;
  /** 32 bytes, of which the public key follows. */
  readonly seed: Uint8Array;
}

/** RFC 8410 §7: how a raw Ed25519 key begins where the runtime takes it. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Bytes of a raw key at the end of its SPKI. */
const KEY_BYTES = 32;

/** Makes a pair. The secret half is nowhere but in what is returned. */
export function generateSecretKey(): SecretKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-KEY_BYTES);
  return { id: randomBytes(8), seed };
}

/** The public half in minisign's base64, as `signingKeys` of `dist-manifest.json` has it. */
export const publicKeyOf = (key: SecretKey): string =>
  Buffer.concat([Buffer.from('Ed'), key.id, rawPublicKey(key)]).toString('base64');

/** Signs bytes: prehashed, as minisign does by itself, or by its legacy way. Returns the text of a `.minisig` file. */
export function signMinisign(
  bytes: Uint8Array,
  key: SecretKey,
  trustedComment: string,
  { isLegacy = false }: { readonly isLegacy?: boolean } = {},
): string {
  if (/[\r\n]/.test(trustedComment)) throw new WorkerError('internal', 'a trusted comment is one line');
  const signed = (message: Uint8Array): Buffer => sign(null, message, privateKeyOf(key));
  const signature = signed(isLegacy ? bytes : createHash('blake2b512').update(bytes).digest());
  const blob = Buffer.concat([Buffer.from(isLegacy ? 'Ed' : 'ED'), key.id, signature]);
  const global = signed(Buffer.concat([signature, Buffer.from(trustedComment)]));
  return [
    'untrusted comment: signature from minisign secret key',
    blob.toString('base64'),
    `trusted comment: ${trustedComment}`,
    global.toString('base64'),
    '',
  ].join('\n');
}

/*
 * A secret key file: `Ed` ‖ kdf[2] ‖ `B2` ‖ salt[32] ‖ opslimit[8] ‖ memlimit[8] ‖ (id[8] ‖ seed[32] ‖ public[32] ‖ checksum[32]),
 * where scrypt of the password is xored onto what is in parentheses.
 */
const KDF = { none: '\0\0', scrypt: 'Sc' } as const;
const HEAD_BYTES = 2 + 2 + 2 + 32 + 8 + 8;
const BODY_BYTES = 8 + 32 + 32 + 32;
/** libsodium's "sensitive" limits, which minisign takes, and the scrypt parameters that libsodium makes of them. */
const LIMITS = { opslimit: 33_554_432n, memlimit: 1_073_741_824n };
const SCRYPT = { N: 2 ** 20, r: 8, p: 1, maxmem: 2 ** 30 + 2 ** 26 };

/** The text of a secret key file; without a password it is readable by whoever has the file. */
export function formatSecretKey(key: SecretKey, password?: string): string {
  const kdf = password === undefined ? KDF.none : KDF.scrypt;
  const head = Buffer.concat([Buffer.from(`Ed${kdf}B2`), Buffer.alloc(HEAD_BYTES - 6)]);
  const body = Buffer.concat([key.id, key.seed, rawPublicKey(key), checksumOf(key)]);
  if (password !== undefined) {
    randomBytes(32).copy(head, 6);
    head.writeBigUInt64LE(LIMITS.opslimit, 38);
    head.writeBigUInt64LE(LIMITS.memlimit, 46);
    xorWith(body, password, head);
  }
  const kind = password === undefined ? 'secret key without a password' : 'encrypted secret key';
  return `untrusted comment: minisign ${kind}\n${Buffer.concat([head, body]).toString('base64')}\n`;
}

/** @throws WorkerError `file.unusable` for another text, or a password that is missing or wrong */
export function parseSecretKey(text: string, password?: string): SecretKey {
  const bytes = Buffer.from(text.split('\n')[1] ?? '', 'base64');
  const [head, body] = [bytes.subarray(0, HEAD_BYTES), bytes.subarray(HEAD_BYTES)];
  const kdf = head.toString('latin1', 2, 4);
  const isKey = bytes.byteLength === HEAD_BYTES + BODY_BYTES && head.toString('latin1', 0, 2) === 'Ed';
  if (!isKey || (kdf !== KDF.none && kdf !== KDF.scrypt)) throw unusable('it is no secret key of minisign');
  if (kdf === KDF.scrypt) {
    if (password === undefined) throw unusable('it needs a password');
    const isOurs = head.readBigUInt64LE(38) === LIMITS.opslimit && head.readBigUInt64LE(46) === LIMITS.memlimit;
    if (!isOurs) throw unusable('its password is hashed with other limits than minisign takes');
    xorWith(body, password, head);
  }
  const key = { id: body.subarray(0, 8), seed: body.subarray(8, 40) };
  // Minisign writes no checksum where there is no password that could be wrong.
  if (kdf === KDF.scrypt && !body.subarray(72).equals(checksumOf(key))) throw unusable('the password is wrong');
  if (!body.subarray(40, 72).equals(rawPublicKey(key))) throw unusable('its halves do not belong together');
  return key;
}

function xorWith(body: Buffer, password: string, head: Buffer): void {
  const stream = scryptSync(password, head.subarray(6, 38), body.byteLength, SCRYPT);
  for (const [at, byte] of stream.entries()) body[at]! ^= byte;
}

const checksumOf = (key: SecretKey): Buffer =>
  new Bun.CryptoHasher('blake2b256')
    .update(Buffer.concat([Buffer.from('Ed'), key.id, key.seed, rawPublicKey(key)]))
    .digest();

const privateKeyOf = ({ seed }: SecretKey) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

const rawPublicKey = (key: SecretKey): Buffer =>
  createPublicKey(privateKeyOf(key)).export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES);

const unusable = (because: string): WorkerError =>
  new WorkerError('file.unusable', `cannot use the secret key: ${because}`);
