import { cutToLength } from './units.ts';

const WEB = new Set(['http:', 'https:', 'ws:', 'wss:']);

/** Whether a URL carries more than a place: a user part, a query or a fragment, any of which may be a secret. */
export const mayHoldSecret = (url: URL): boolean =>
  url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '';

/**
 * The URL in a `Location` header. The runtime gives each byte of a header as one character, and servers write UTF-8
 * there as it is; percent-encoded, the bytes stay what they were.
 */
export const urlInHeader = (value: string): string =>
  value.replaceAll(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);

/** Whether a URL carries its file itself (RFC 2397). Schemes are written in any case (RFC 3986 §3.1). */
export const isDataUrl = (url: string): boolean => /^data:/i.test(url);

/** Longest part of a URL that is shown, in characters: enough to know it by. */
const MAX_SHOWN = 500;

/**
 * A URL as it may be shown, logged and stored: without user part, query and fragment, and not too long. Text that is no
 * URL loses the same. Of a data URL, whose text is what somebody wants to keep for himself, scheme and length are shown.
 */
export function shownUrl(text: string): string {
  if (/^\s*data:/i.test(text)) return `data: URL of ${text.length} characters`;
  return cutToLength(placeIn(text), MAX_SHOWN);
}

function placeIn(text: string): string {
  const url = URL.parse(text);
  if (url === null || !WEB.has(url.protocol)) {
    // The user part first: a password that is not percent-encoded may hold what would end it.
    return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1').replace(/[?#].*$/s, '');
  }
  if (!mayHoldSecret(url)) return text;
  for (const part of ['username', 'password', 'search', 'hash'] as const) url[part] = '';
  return url.href;
}

/**
 * Whether a host name or address is this machine: RFC 6761 §6.3 makes every name below `localhost` loopback,
 * RFC 1122 §3.2.1.3 all of 127/8, RFC 4291 `::1`; a socket that takes both families writes 127/8 as `::ffff:127.…`.
 * Brackets, case and a final dot do not matter.
 */
export function isLoopback(host: string): boolean {
  return /^(?:(?:.*\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i.test(
    host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, ''),
  );
}
