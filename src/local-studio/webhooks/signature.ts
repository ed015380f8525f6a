import type { Random } from '../../system/random.ts';

/** HMAC-SHA256 of a text. */
export type Hmac = (key: Uint8Array, text: string) => Uint8Array;

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A secret as receivers are given it: `whsec_` and base64. */
export const newWebhookSecret = (random: Pick<Random, 'hex'>): string =>
  PREFIX + Uint8Array.fromHex(random.hex(SECRET_BYTES)).toBase64();

/** What is signed, and sent. */
export interface SignedMessage {
  /** The same for every attempt. */
  readonly id: string;
  /** Milliseconds since the epoch, of this attempt. */
  readonly at: number;
  readonly body: string;
}

/** The headers of one attempt (standardwebhooks.com, "Webhook headers" and "Signature scheme"). */
export function signedHeaders({ id, at, body }: SignedMessage, secret: string, hmac: Hmac): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const key = Uint8Array.fromBase64(secret.slice(PREFIX.length));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${hmac(key, `${id}.${timestamp}.${body}`).toBase64()}`,
  };
}
