import type { JsonValue } from '../base/json.ts';

/** Digits that could be an integer above 2^53-1, which a JavaScript number would silently round. */
const LONG_INTEGER = /\d{16}/;

/**
 * Parses JSON without losing digits: an integer that a number cannot hold exactly arrives as a `bigint`.
 *
 * Only texts that hold sixteen digits in a row pay for the slower path, which matters on a socket's hot path.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(text: string): unknown {
  return LONG_INTEGER.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/**
 * Writes JSON; a `bigint` becomes the integer it is, digit for digit. Absent (`undefined`) fields are omitted.
 *
 * Nearly no text holds one, and asking at each value whether it does takes six times as long as writing it.
 */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, keepBigInts); // throws anew what was not about a `bigint`
  }
}

const keepBigInts = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint'
    ? (JSON as unknown as { rawJSON(text: string): JsonValue }).rawJSON(value.toString())
    : value;
