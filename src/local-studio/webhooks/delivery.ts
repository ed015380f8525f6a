import { errorChain, WorkerError } from '../../base/errors.ts';
import { retryAfterMs } from '../../base/http-answer.ts';
import { KIB, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { GuardedPost } from '../../system/net/remote/guarded-post.ts';
import type { Sent } from './retries.ts';
import { type Hmac, signedHeaders, type SignedMessage } from './signature.ts';

/** What sending takes. */
export interface SendingParts {
  readonly poster: GuardedPost;
  readonly hmac: Hmac;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
}

/** How long a receiver may take: it is to keep the event and answer, and work afterwards. */
const TIMEOUT_MS = 15 * SECOND_MS;
/** Nobody looks at what a receiver answers; so much is read for it to end in peace. */
const MAX_ANSWER_BYTES = 16 * KIB;
/** Of an error, as it is kept and shown. */
const MAX_ERROR_CHARACTERS = 300;

/** Where to, and what signs it. */
export interface Receiver {
  readonly url: string;
  readonly secret: string;
}

/** Sends an event once. @throws the signal's reason on abort, and nothing else */
export async function sendOnce(
  { poster, hmac, clock }: SendingParts,
  { url, secret }: Receiver,
  message: Omit<SignedMessage, 'at'>,
  signal: AbortSignal,
): Promise<Sent> {
  const at = clock.now();
  try {
    const { status, headers } = await poster.send({
      url,
      headers: { 'content-type': 'application/json', ...signedHeaders({ ...message, at }, secret, hmac) },
      body: message.body,
      timeoutMs: TIMEOUT_MS,
      maxBodyBytes: MAX_ANSWER_BYTES,
      signal,
    });
    return { status, error: problemIn(status), retryAfterMs: retryAfterMs(headers['retry-after'], clock.now()) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const error = thrown instanceof WorkerError ? thrown.message : errorChain(thrown);
    return { status: undefined, error: error.slice(0, MAX_ERROR_CHARACTERS), retryAfterMs: undefined };
  }
}

function problemIn(status: number): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) return `answered ${status}, and redirects are not followed`;
  return `answered ${status}`;
}
