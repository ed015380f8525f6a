import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { mayHoldSecret, shownUrl } from '../../base/urls.ts';

interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/**
 * A number as an operator writes it, decimal only: `0x10` or an empty text is more likely a slip than a wish.
 *
 * @throws WorkerError `cli.usage` naming the argument, its value and what is allowed
 */
export function toNumber(name: string, text: string, range: NumberRange = {}): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, whole = false } = range;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isSafeInteger(value));
  if (!fits) throw new WorkerError('cli.usage', `${name} is ${quoted(text)}; allowed: ${describe(range)}`);
  return value;
}

function describe({ min, max, whole = false }: NumberRange): string {
  const what = whole ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  return min === undefined ? what : `${what} of at least ${min}`;
}

/**
 * An absolute http(s) URL that can hold no secret: no user part, query or fragment.
 *
 * @throws WorkerError `cli.usage`
 */
export function toHttpUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new WorkerError(
      'cli.usage',
      `${name} is ${quoted(shownUrl(text))}; allowed: a URL that starts with https:// or http://`,
    );
  }
  if (mayHoldSecret(url)) {
    throw new WorkerError(
      'cli.usage',
      `${name} must not contain a user, password, query or fragment; use ${quoted(shownUrl(text))}`,
    );
  }
  return text;
}
