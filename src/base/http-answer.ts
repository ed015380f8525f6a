import { SECOND_MS } from './units.ts';

/** The client errors that time heals (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the same request may be answered otherwise later: any 5xx, and the 4xx that are not about the request. */
export const isTransientStatus = (status: number): boolean => status >= 500 || TRANSIENT.has(status);

/**
 * Codings that change bytes (IANA registry of HTTP content codings). Servers name much else there that changes none:
 * object stores keep the `aws-chunked` of an upload, others write a charset, `binary`, `none` or nothing at all.
 */
const PACKINGS: ReadonlySet<string> = new Set([
  'gzip',
  'x-gzip',
  'deflate',
  'br',
  'zstd',
  'compress',
  'x-compress',
  'dcb',
  'dcz',
  'exi',
  'pack200-gzip',
  'aes128gcm',
]);

/** What a body has to be unpacked from by its `Content-Encoding`, in the order in which it was packed. */
export const contentCodingsOf = (header: string | undefined): readonly string[] =>
  (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => PACKINGS.has(coding));

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
