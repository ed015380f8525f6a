import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { carriesMore, shownUrl } from '../../base/urls.ts';

interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  readonly whole?: boolean;
}

/**
 * A number as an operator writes it, decimal only: `0x10` or an empty text is more likely a slip than a wish.
 *
 * @throws WorkerError `cli.usage` naming the argument, its value and what is allowed
 */
export function toNumber(name: string, text: string, range: NumberRange = {}): number {
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, whole = false } = range;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const fits = Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isSafeInteger(value));
  if (!fits) throw new WorkerError('cli.usage', `${name} is ${quoted(text)}; allowed: ${describe(range)}`);
  return value;
}

function describe({ least, most, whole = false }: NumberRange): string {
  const what = whole ? 'a whole number' : 'a number';
  if (least !== undefined && most !== undefined) return `${what} from ${least} to ${most}`;
  return least === undefined ? what : `${what} of at least ${least}`;
}

/**
 * An absolute http(s) URL that holds no secret: no user part, query or fragment.
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
  if (carriesMore(url)) {
    throw new WorkerError(
      'cli.usage',
      `${name} may hold no user, password, query or fragment: give ${quoted(shownUrl(text))}`,
    );
  }
  return text;
}
