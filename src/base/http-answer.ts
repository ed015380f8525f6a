import { SECOND_MS } from './units.ts';

/** The client errors that time heals (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the same request may be answered otherwise later: any 5xx, and the 4xx that are not about the request. */
export const passesByItself = (status: number): boolean => status >= 500 || TRANSIENT.has(status);

/**
 * Milliseconds that a `Retry-After` header asks for: seconds, or a date (RFC 9110 §10.2.3). Undefined when there is
 * no header or it says neither; a date in the past asks for nothing, which is 0.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  // A date must look like one: Date.parse would take "-5" or "3.5" for a year or a month.
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
