/*
 * Writes out what espeak reads letter by letter in English: it says "dollar five point two zero" for $5.20, and makes a
 * pause after the full stop of "Dr.".
 */

const MONEY = /([$£€])\s?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(?:\s(thousand|million|billion|trillion)\b)?/g;
const CURRENCIES: Readonly<Record<string, readonly [one: string, many: string, part: string, parts: string]>> = {
  $: ['dollar', 'dollars', 'cent', 'cents'],
  '£': ['pound', 'pounds', 'penny', 'pence'],
  '€': ['euro', 'euros', 'cent', 'cents'],
};
/** Titles, and the first letters of names. */
const STOPPED = /(?<![\p{L}.])(Mrs?|Ms|Dr|Prof|St|Jr|Sr|\p{Lu})\.(?=\s)/gu;
const VERSUS = /\bvs\.?(?=\s)/g;
const NUMBER = /\bNo\.\s?(?=\d)/g;
/** A dash of this length between two numbers is a range; a hyphen may as well be part of a date. */
const RANGE = /(?<=\d)\s?–\s?(?=\d)/g;

/** English words for the same text, as it is spoken. */
export const spokenEnglish = (text: string): string =>
  text
    .replaceAll(MONEY, (_whole, ...amount: Amount) => money(amount))
    .replaceAll(STOPPED, '$1')
    .replaceAll(VERSUS, 'versus')
    .replaceAll(NUMBER, 'number ')
    .replaceAll(RANGE, ' to ');

/** What MONEY finds: `$`, `1,200`, `50`, `million`. */
type Amount = [sign: string, units: string, parts?: string, scale?: string];

function money([sign, units, parts, scale]: Amount): string {
  const [one, many, part, partsName] = CURRENCIES[sign] ?? [sign, sign, '', ''];
  const decimals = parts === undefined ? units : `${units}.${parts}`;
  if (scale !== undefined) return `${decimals} ${scale} ${many}`;
  if (parts !== undefined && parts.length !== 2) return `${decimals} ${many}`;
  const whole = `${units} ${units === '1' ? one : many}`;
  const count = Number(parts ?? 0);
  return count === 0 ? whole : `${whole} and ${count} ${count === 1 ? part : partsName}`;
}
