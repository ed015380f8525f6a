import { numberWords } from './numbers.ts';
import { table } from './table.ts';

/*
 * Cuts written English into what is said: words, and letters that are called by their names.
 */

/** Something to say in a clause. */
export type Token =
  | { readonly is: 'word'; readonly text: string }
  /** Said letter by letter. */
  | { readonly is: 'letters'; readonly text: string };

/** Signs that have a name. */
const SIGNS = table(
  '% percent, & and, + plus, = equals, @ at, # hash, ° degrees, / slash, × times, ÷ divided by, < less than, ' +
    '> greater than, ~ about, * star, \\ backslash, $ dollars, £ pounds, € euros, ¥ yen, © copyright, ' +
    '½ one half, ¼ one quarter',
);
const UNITS = table(
  'km kilometers, kg kilograms, cm centimeters, mm millimeters, ml milliliters, mg milligrams, kb kilobytes, ' +
    'mb megabytes, gb gigabytes, tb terabytes, hz hertz, khz kilohertz, mhz megahertz, ghz gigahertz, ' +
    'ms milliseconds, mph miles per hour, kw kilowatts',
);
const SHORT = table(
  'dr doctor, mr mister, mrs missus, ms miz, prof professor, st saint, jr junior, sr senior, etc et cetera, ' +
    'vs versus, dept department, approx approximately',
);
const PIECE =
  /(?<![\p{L}\d])-(?=\d)|\d+(?:,\d{3})*(?:\.\d+)?(?:(?:st|nd|rd|th|s)(?!\p{L}))?|\p{Lu}(?:\.\p{L})+|\p{L}+(?:['’]\p{L}+)*['’]?|[^\s\p{P}]|[%&@#/*\\]/gu;
/** Beyond this many capitals it is somebody shouting. */
const MAX_INITIALS = 5;

/** Whether the dictionary has a word, and as letters called by their names or otherwise. */
export type WordLookup = (word: string) => 'word' | 'letters' | 'unknown';

/** The tokens of a clause, in order; letters without accents. */
export function clauseTokensOf(clause: string, lookUp: WordLookup): readonly Token[] {
  const plain = clause.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const isShouted = plain.length > MAX_INITIALS && !/\p{Ll}/u.test(plain);
  const tokens: Token[] = [];
  for (const [piece] of plain.matchAll(PIECE)) tokens.push(...pieceTokens(piece, { tokens, lookUp, isShouted }));
  return tokens;
}

interface Reading {
  /** What came before. */
  readonly tokens: readonly Token[];
  readonly lookUp: WordLookup;
  readonly isShouted: boolean;
}

const wordTokens = (text: string): readonly Token[] => text.split(' ').map((word) => ({ is: 'word', text: word }));

function pieceTokens(piece: string, reading: Reading): readonly Token[] {
  if (piece === '-') return wordTokens('minus');
  if (/^\d/.test(piece)) return wordTokens(numberWords(piece));
  const sign = SIGNS.get(piece);
  if (sign !== undefined) return wordTokens(sign);
  if (/^\p{Lu}\./u.test(piece)) return [{ is: 'letters', text: piece.replaceAll('.', '').toLowerCase() }];
  // `iPhone` and `GitHub` are two words each.
  const parts = piece.split(/(?<=\p{Ll})(?=\p{Lu})/u);
  return parts.flatMap((part) => letterTokens(part.replaceAll('’', "'"), reading));
}

function letterTokens(part: string, { tokens, lookUp, isShouted }: Reading): readonly Token[] {
  const word = part.toLowerCase().replace(/^'|(?<!s)'$/g, '');
  const [, initials = '', ending] = /^(\p{Lu}{2,})('?s)?$/u.exec(part) ?? [];
  const isShort = initials !== '' && initials.length <= MAX_INITIALS && !isShouted;
  if (isShort && (lookUp(initials.toLowerCase()) !== 'word' || PRONOUNS.has(initials))) {
    return [{ is: 'letters', text: initials.toLowerCase() + (ending === undefined ? '' : "'s") }];
  }
  const unit = UNITS.get(word);
  if (unit !== undefined && isNumber(tokens.at(-1))) return wordTokens(unit);
  const long = SHORT.get(word);
  if (long !== undefined) return wordTokens(long);
  const isUnreadable = lookUp(word) !== 'word' && !/[aeiouy]/.test(word) && /^[a-z]+$/.test(word);
  return [{ is: word.length === 1 && !/[ai]/.test(word) ? 'letters' : isUnreadable ? 'letters' : 'word', text: word }];
}

/** In capitals these are initials, whatever they are otherwise. */
const PRONOUNS = new Set(['US', 'IT', 'AM', 'PM', 'UN', 'EU', 'ID', 'OS', 'IP', 'TV', 'AI']);
const NUMBER_WORD =
  /^(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|million)$/;

const isNumber = (token: Token | undefined): boolean => token?.is === 'word' && NUMBER_WORD.test(token.text);
