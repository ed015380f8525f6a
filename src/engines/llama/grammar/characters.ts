/*
 * Sets of characters as ranges of code points, and how a grammar has one of them within a JSON string.
 */

/** First and last code point of each range, in order, with gaps between them. */
export type CharacterSet = readonly (readonly [first: number, last: number])[];

const MAX_CODE_POINT = 0x10_ffff;

/** One character, or several that follow each other. */
export const range = (first: number, last = first): CharacterSet => [[first, last]];

export function union(...sets: readonly CharacterSet[]): CharacterSet {
  const ranges = sets.flat().toSorted(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** All characters but these. */
export function without(set: CharacterSet): CharacterSet {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const [first, last] of union(set)) {
    if (first > from) gaps.push([from, first - 1]);
    from = last + 1;
  }
  return from > MAX_CODE_POINT ? gaps : [...gaps, [from, MAX_CODE_POINT]];
}

/** Of characters in both. */
const common = (one: CharacterSet, other: CharacterSet): CharacterSet => without(union(without(one), without(other)));

const codesOf = (text: string): CharacterSet => union(...Array.from(text, (one) => range(one.codePointAt(0) ?? 0)));

/** What `\d`, `\w`, `\s` and `.` stand for in a pattern (ECMA-262, §22.2.2.9). */
export const DIGITS = range(0x30, 0x39);
export const WORD = union(DIGITS, range(0x41, 0x5a), range(0x61, 0x7a), codesOf('_'));
export const BLANKS = union(
  codesOf('\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'),
  range(0x2000, 0x200a),
);
export const NO_LINE_END = without(codesOf('\n\r\u2028\u2029'));

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
]);
/** What JSON writes by an escape alone, and DEL, which models write by one (RFC 8259 §7). */
const ESCAPED = union(range(0, 0x1f), codesOf('"\\'), range(0x7f));
/** Halves of a pair are no characters of a text in UTF-8. */
const SURROGATES = range(0xd800, 0xdfff);

/** A rule for one character of the set as JSON writes it; undefined for a set of nothing. */
export function characterRule(set: CharacterSet): string | undefined {
  const plain = common(set, without(union(ESCAPED, SURROGATES)));
  const escaped = common(set, ESCAPED).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at) => escapeOf(first + at)),
  );
  const choices = [...(plain.length > 0 ? [`[${plain.map(shownRange).join('')}]`] : []), ...escaped];
  return choices.length === 0 ? undefined : choices.join(' | ');
}

function escapeOf(code: number): string {
  const short = SHORT_ESCAPES.get(code);
  if (short === undefined) return `"\\\\u${code.toString(16).padStart(4, '0')}"`;
  return short === '"' || short === '\\' ? `"\\\\\\${short}"` : `"\\\\${short}"`;
}

const shownRange = ([first, last]: readonly [number, number]): string =>
  first === last ? shown(first) : `${shown(first)}-${shown(last)}`;

/** In the escapes of llama.cpp's grammars. */
function shown(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
