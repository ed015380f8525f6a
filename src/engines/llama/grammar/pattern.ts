import {
  BLANKS,
  type CharacterSet,
  characterRule,
  DIGITS,
  NO_LINE_END,
  range,
  union,
  without,
  WORD,
} from './characters.ts';

/*
 * The `pattern` of a string as a grammar has it: ECMA-262 without what no grammar of llama.cpp can say, which is looking
 * ahead or behind, borders of words, references back, and classes by properties of Unicode. A pattern with one of these
 * is left to the check of the result.
 */

/** How many characters a string may have. */
export interface Lengths {
  readonly min: number;
  readonly max: number;
}

/** Makes a rule of this body and returns its name. */
export type NameRule = (body: string) => string;

/** Something that is repeated; undefined for what varies in length by itself. */
interface Item {
  readonly rule: string;
  readonly length: number | undefined;
  /** Whether one of it may be nothing. */
  readonly isNothing: boolean;
  readonly min: number;
  readonly max: number;
}
type Atom = Pick<Item, 'rule' | 'length' | 'isNothing'>;

/** llama.cpp unrolls what is counted: a pattern of more than this is too slow. */
const MAX_UNROLLED = 1_024;
/** Of a part that varies and is counted, each way to count is tried for each character. */
const MAX_AMBIGUOUS = 256;
/** And so is a string of a length beyond this. */
export const MAX_COUNTED_LENGTH = 1_024;
const MAX_PATTERN_CHARACTERS = 1_000;
const ANYTHING: Item = { rule: 'char', length: 1, isNothing: false, min: 0, max: Infinity };

/** What no grammar can say. */
class Untranslatable extends Error {}

/**
 * An expression for the strings, in their quotes, that a pattern matches. Undefined where a grammar cannot say it. Lengths
 * are kept where only one part of the pattern varies in length, and otherwise left to the check of the result.
 */
export function patternRule(pattern: string, named: NameRule, lengths: Lengths = ANY_LENGTH): string | undefined {
  if (pattern.length > MAX_PATTERN_CHARACTERS || regExpOf(pattern) === undefined) return undefined;
  try {
    const reader = new PatternReader(pattern, named);
    const choices = reader.whole().map((items) => write(withLengths(items, lengths)));
    const rule = choices.length === 1 ? choices[0] : `(${choices.join(' | ')})`;
    return reader.size > MAX_UNROLLED ? undefined : `"\\"" ${rule} "\\""`;
  } catch (thrown) {
    if (thrown instanceof Untranslatable) return undefined;
    throw thrown;
  }
}

const ANY_LENGTH: Lengths = { min: 0, max: Infinity };

/** Undefined for what is no pattern at all. */
export function regExpOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined; // a SyntaxError: the author meant another dialect, or mistyped
  }
}

/** The items within the bounds: exactly where one of them varies, and where several do, none beyond the whole. */
function withLengths(items: readonly Item[], { min, max }: Lengths): readonly Item[] {
  const least = items.reduce((sum, item) => sum + (item.length ?? 0) * item.min, 0);
  const varying = items.filter((item) => item.min !== item.max || item.length === undefined);
  return items.map((item) => {
    if (item.length !== 1 || item.min === item.max) return item;
    const others = least - item.min;
    const fitted = {
      ...item,
      min: varying.length === 1 ? Math.max(item.min, min - others) : item.min,
      max: max - others > MAX_COUNTED_LENGTH ? item.max : Math.min(item.max, max - others),
    };
    return fitted.min > Math.min(fitted.max, MAX_COUNTED_LENGTH) ? item : fitted;
  });
}

const write = (items: readonly Item[]): string => items.map(counted).join(' ') || '""';

function counted({ rule, min, max }: Item): string {
  if (min === 1 && max === 1) return rule;
  if (max === Infinity) return min === 0 ? `${rule}*` : `${rule}{${min},}`;
  return max === 0 ? '""' : `${rule}{${min},${max}}`;
}

const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: DIGITS,
  D: without(DIGITS),
  w: WORD,
  W: without(WORD),
  s: BLANKS,
  S: without(BLANKS),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** Reads a pattern that is one, from its first character to its last. */
class PatternReader {
  readonly #text: readonly string[];
  readonly #named: NameRule;
  readonly #rules = new Map<string, string>();
  #at = 0;
  /** How much of it there is once all counts are unrolled. */
  size = 0;

  constructor(pattern: string, named: NameRule) {
    this.#text = Array.from(pattern);
    this.#named = named;
  }

  /** Its alternatives; each may begin or end anywhere within the string where it has no anchor. */
  whole(): readonly (readonly Item[])[] {
    const choices: (readonly Item[])[] = [];
    do {
      const begins = this.#skip('^');
      const items = this.#sequence();
      const ends = this.#skip('$');
      choices.push([...(begins ? [] : [ANYTHING]), ...items, ...(ends ? [] : [ANYTHING])]);
    } while (this.#skip('|'));
    if (this.#at < this.#text.length) throw new Untranslatable();
    return choices;
  }

  /** Up to the next alternative, the end of the group, an anchor or the end. */
  #sequence(): readonly Item[] {
    const items: Item[] = [];
    for (let next = this.#text[this.#at]; next !== undefined && !'|)^$'.includes(next); next = this.#text[this.#at]) {
      const before = this.size;
      const atom = this.#atom(next);
      const { min, max } = this.#count();
      if (max > 1 && atom.isNothing) throw new Untranslatable(); // nothing, repeated, never ends: llama.cpp refuses it
      const times = max === Infinity ? Math.max(min, 1) : max;
      this.size = before + Math.max(1, this.size - before) * times;
      const isAmbiguous = atom.length === undefined && times > 1;
      if (this.size > (isAmbiguous ? MAX_AMBIGUOUS : MAX_UNROLLED)) throw new Untranslatable();
      items.push({ ...atom, min, max });
    }
    return items;
  }

  #atom(next: string): Atom {
    this.#at += 1;
    if (next === '(') return this.#group();
    const set =
      next === '[' ? this.#class() : next === '.' ? NO_LINE_END : next === '\\' ? this.#escape() : range(codeOf(next));
    const body = characterRule(set);
    if (body === undefined) throw new Untranslatable();
    return { rule: body.includes(' | ') ? this.#ruleOf(body) : body, length: 1, isNothing: false };
  }

  #ruleOf(body: string): string {
    const rule = this.#rules.get(body) ?? this.#named(body);
    this.#rules.set(body, rule);
    return rule;
  }

  #group(): Atom {
    if (this.#skip('?') && !this.#skip(':')) {
      if (!this.#skip('<') || '=!'.includes(this.#text[this.#at] ?? '=')) throw new Untranslatable();
      this.#at = this.#text.indexOf('>', this.#at) + 1; // a name
    }
    const choices: (readonly Item[])[] = [];
    do choices.push(this.#sequence());
    while (this.#skip('|'));
    if (!this.#skip(')')) throw new Untranslatable(); // an anchor within
    const lengths = new Set(choices.map(lengthOf));
    const [length] = lengths;
    return {
      rule: `(${choices.map(write).join(' | ')})`,
      length: lengths.size === 1 ? length : undefined,
      isNothing: choices.some((items) => items.every(({ min, isNothing }) => min === 0 || isNothing)),
    };
  }

  /** Of what stands before: how often. That as little as possible is to be taken changes nothing for a whole string. */
  #count(): Pick<Item, 'min' | 'max'> {
    const rest = this.#text.slice(this.#at, this.#at + 24).join('');
    const [all, sign, low = '', comma, high = ''] = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(rest) ?? [];
    if (all === undefined) return { min: 1, max: 1 };
    this.#at += all.length;
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    return { min: Number(low), max: comma === '' ? Number(low) : high === '' ? Infinity : Number(high) };
  }

  #class(): CharacterSet {
    const isNegated = this.#skip('^');
    let set: CharacterSet = [];
    while (!this.#skip(']')) {
      const first = this.#member();
      const [[from, only] = [0, -1]] = first;
      const isRange = from === only && this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (isRange) this.#at += 1;
      const [[, to] = [0, from]] = isRange ? this.#member() : first;
      set = union(set, isRange ? range(from, to) : first);
    }
    return isNegated ? without(set) : set;
  }

  #member(): CharacterSet {
    const next = this.#text[this.#at++] ?? ']';
    if (next !== '\\') return range(codeOf(next));
    return this.#skip('b') ? range(8) : this.#skip('-') ? range(codeOf('-')) : this.#escape();
  }

  /** Behind a backslash: a class, a character by its number, or a character that would mean something else. */
  #escape(): CharacterSet {
    const next = this.#text[this.#at++] ?? '';
    const known = CLASSES[next];
    if (known !== undefined) return known;
    const control = CONTROLS[next];
    if (control !== undefined) return range(control);
    if (next === 'x') return this.#coded(2);
    if (next === 'u')
      return this.#skip('{') ? this.#coded(this.#text.indexOf('}', this.#at) - this.#at, 1) : this.#coded(4);
    if (!/[\^$\\.*+?()[\]{}|/]/.test(next)) throw new Untranslatable(); // a border, a property, a reference
    return range(codeOf(next));
  }

  #coded(digits: number, behind = 0): CharacterSet {
    const code = Number.parseInt(this.#text.slice(this.#at, this.#at + digits).join(''), 16);
    this.#at += digits + behind;
    if (code >= 0xd800 && code <= 0xdfff) throw new Untranslatable(); // half of a pair
    return range(code);
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** Undefined where it varies. */
function lengthOf(items: readonly Item[]): number | undefined {
  let sum = 0;
  for (const { length, min, max } of items) {
    if (length === undefined || min !== max) return undefined;
    sum += length * min;
  }
  return sum;
}
