import { table } from './table.ts';

/*
 * Numbers in words, as they are read out in English.
 */

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES = ['', 'thousand', 'million', 'billion', 'trillion'];
const ORDINALS = table('one first, two second, three third, five fifth, eight eighth, nine ninth, twelve twelfth');
/** More digits than have names are read one by one. */
const MAX_DIGITS = 3 * SCALES.length;

/** A number such as `1,250.5`, `21st`, `1980s` or `007`, in words. */
export function numberWords(text: string): string {
  const [, digits = '', decimals, suffix = ''] = /^([\d,]+)(?:\.(\d+))?(st|nd|rd|th|s)?$/.exec(text) ?? [];
  const plain = digits.replaceAll(',', '');
  const whole = wholeWords(plain, digits.includes(',') || decimals !== undefined);
  if (decimals !== undefined) return `${whole} point ${digitWords(decimals)}`;
  if (suffix === 's') return pluralWords(whole);
  return suffix === '' ? whole : ordinalWords(whole);
}

const digitWords = (digits: string): string => Array.from(digits, (digit) => SMALL[Number(digit)] ?? '').join(' ');

function wholeWords(digits: string, isCount: boolean): string {
  if (digits.length > MAX_DIGITS || /^0\d/.test(digits)) return digitWords(digits);
  const value = Number(digits);
  // From 1100 to 1999 it is a year, or as good as one.
  if (!isCount && /^1[1-9]\d\d$/.test(digits)) return yearWords(Math.floor(value / 100), value % 100);
  return cardinalWords(value);
}

function yearWords(century: number, year: number): string {
  const first = belowHundred(century);
  if (year === 0) return `${first} hundred`;
  return year < 10 ? `${first} oh ${SMALL[year] ?? ''}` : `${first} ${belowHundred(year)}`;
}

function cardinalWords(value: number): string {
  if (value === 0) return SMALL[0] ?? '';
  const groups: string[] = [];
  for (let [rest, scale] = [value, 0]; rest > 0; [rest, scale] = [Math.floor(rest / 1000), scale + 1]) {
    if (rest % 1000 > 0) groups.unshift(`${belowThousand(rest % 1000)} ${SCALES[scale] ?? ''}`.trim());
  }
  return groups.join(' ');
}

function belowThousand(value: number): string {
  const hundreds = Math.floor(value / 100);
  const rest = value % 100;
  const head = hundreds === 0 ? '' : `${SMALL[hundreds] ?? ''} hundred`;
  return rest === 0 ? head : `${head} ${belowHundred(rest)}`.trim();
}

function belowHundred(value: number): string {
  if (value < SMALL.length) return SMALL[value] ?? '';
  const tens = TENS[Math.floor(value / 10)] ?? '';
  return value % 10 === 0 ? tens : `${tens} ${SMALL[value % 10] ?? ''}`;
}

const lastWord = /\w+$/;

const ordinalWords = (words: string): string =>
  words.replace(
    lastWord,
    (word) => ORDINALS.get(word) ?? (word.endsWith('y') ? `${word.slice(0, -1)}ieth` : `${word}th`),
  );

const pluralWords = (words: string): string =>
  words.replace(lastWord, (word) =>
    word.endsWith('y') ? `${word.slice(0, -1)}ies` : word.endsWith('x') ? `${word}es` : `${word}s`,
  );
