import { HOUR_MS, SECOND_MS } from '../../base/units.ts';

/** The first wait is five seconds, each next one three times as long, and none longer than six hours. */
const FIRST_MS = 5 * SECOND_MS;
const FACTOR = 3;
const LONGEST_MS = 6 * HOUR_MS;
/** With these waits an event is sent for about a day, 22.5 hours without the jitter. */
export const MAX_ATTEMPTS = 12;
/** A receiver may ask for more time than that, within reason. */
const MAX_ASKED_MS = 24 * HOUR_MS;

/** What sending an event once came to. */
export interface Sent {
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** What the receiver asked for with `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/** What becomes of the event. `gone` is the receiver's word for never again (RFC 9110 §15.5.11). */
export type Verdict =
  { readonly is: 'delivered' | 'gone' | 'failed' } | { readonly is: 'retry'; readonly inMs: number };

/** Decides after one attempt. `attempts` counts it; `unit`, from 0 to 1, is the jitter. */
export function verdictOn({ status, retryAfterMs = 0 }: Sent, attempts: number, unit: number): Verdict {
  if (status !== undefined && status >= 200 && status < 300) return { is: 'delivered' };
  if (status === GONE) return { is: 'gone' };
  if (attempts >= MAX_ATTEMPTS) return { is: 'failed' };
  const waitMs = Math.min(LONGEST_MS, FIRST_MS * FACTOR ** (attempts - 1)) * (1 + JITTER * (2 * unit - 1));
  return { is: 'retry', inMs: Math.round(Math.max(waitMs, Math.min(retryAfterMs, MAX_ASKED_MS))) };
}
const GONE = 410;
const JITTER = 0.2;
