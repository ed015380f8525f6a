import type { Dictionary } from './dictionary.ts';
import type { Spelled } from './letters.ts';
import { table } from './table.ts';

/** How the letters of the alphabet are called. */
const NAMES = table(
  'a EY1, b B IY1, c S IY1, d D IY1, e IY1, f EH1 F, g JH IY1, h EY1 CH, i AY1, j JH EY1, k K EY1, l EH1 L, ' +
    'm EH1 M, n EH1 N, o OW1, p P IY1, q K Y UW1, r AA1 R, s EH1 S, t T IY1, u Y UW1, v V IY1, x EH1 K S, ' +
    'y W AY1, z Z IY1, w D AH1 B AH0 L Y UW0',
);

/** Frequent words that voices say in another way than the dictionary has first. */
const OTHERWISE: ReadonlyMap<string, Spelled> = new Map([
  ['every', [['EH1'], ['V'], [], ['R'], ['IY0']]],
  ['different', [['D'], ['IH1'], ['F'], [], [], ['R'], ['AH0'], ['N'], ['T']]],
  ['really', [['R'], ['IY1'], ['AH0'], ['L'], [], ['IY0']]],
  ['real', [['R'], ['IY1'], ['AH0'], ['L']]],
  ['i', [['AY1']]],
  ['thirty', [['TH'], [], ['ER1'], [], ['T'], ['IY0']]],
  ['read', [['R'], ['IY1'], [], ['D']]],
  ['lead', [['L'], ['IY1'], [], ['D']]],
]);

/** A word as the dictionary has it, else as its parts are in there, else as its letters are usually read. */
export function pronounce(word: string, dictionary: Dictionary): Spelled {
  return (
    OTHERWISE.get(word) ??
    dictionary.find(word) ??
    inflected(word, dictionary) ??
    compound(word, dictionary) ??
    stressed(voiced(word, dictionary.guess(word)))
  );
}

/** The name of a letter; undefined for what is none. */
export const nameOf = (letter: string): Spelled | undefined => {
  const name = NAMES.get(letter);
  return name === undefined ? undefined : [name.split(' ')];
};

/** What vowel letters are said as where nothing else is known. */
const SHORT_VOWELS = table('a AE1, e EH1, i IH1, o AA1, u AH1, y IH1');

/** A guess at letters that nobody puts together may come out without any vowel. */
function voiced(word: string, spelled: Spelled): Spelled {
  if (spelled.flat().some((phoneme) => /\d$/.test(phoneme))) return spelled;
  const at = word.search(/[aeiouy]/);
  const vowel = SHORT_VOWELS.get(word[at] ?? '') ?? 'AH1';
  return spelled.map((phonemes, index) => (index === Math.max(0, at) ? [vowel] : phonemes));
}

/** A guess may come out without stress, or with the main one twice. */
function stressed(spelled: Spelled): Spelled {
  const vowels = spelled.flat().filter((phoneme) => /\d$/.test(phoneme));
  const main = vowels.findIndex((phoneme) => phoneme.endsWith('1'));
  const chosen = main >= 0 ? main : Math.max(0, vowels.length - 3);
  let at = -1;
  return spelled.map((phonemes) =>
    phonemes.map((phoneme) => {
      if (!/\d$/.test(phoneme)) return phoneme;
      at += 1;
      if (at === chosen) return phoneme.replace(/\d$/, '1');
      return phoneme.endsWith('1') ? phoneme.replace(/1$/, '2') : phoneme;
    }),
  );
}

/** What an ending is said as, letter by letter, after a base whose last phoneme is given. */
type Ending = (last: string) => Spelled;

const HISSES = /^(S|Z|SH|ZH|CH|JH)$/;
const VOICELESS = /^(P|T|K|F|TH)$/;
const plural = (last: string): string => (VOICELESS.test(last) ? 'S' : 'Z');
const s: Ending = (last) => [HISSES.test(last) ? ['IH0', 'Z'] : [plural(last)]];
const ed: Ending = (last) =>
  /^[TD]$/.test(last)
    ? [['IH0'], ['D']]
    : [[], [VOICELESS.test(last) || (HISSES.test(last) && !/^(Z|ZH|JH)$/.test(last)) ? 'T' : 'D']];
const always =
  (...spelled: Spelled): Ending =>
  () =>
    spelled;

const ENDINGS: readonly (readonly [ending: string, Ending])[] = [
  ["'s", (last) => [[], ...s(last)]],
  ["s'", (last) => [...s(last), []]],
  ['es', (last) => (HISSES.test(last) ? [['IH0'], ['Z']] : [[], [plural(last)]])],
  ['s', s],
  ['ed', ed],
  ['ing', always(['IH0'], ['NG'], [])],
  ['ings', always(['IH0'], ['NG'], [], ['Z'])],
  ['er', always([], ['ER0'])],
  ['ers', always([], ['ER0'], ['Z'])],
  ['est', always(['AH0'], ['S'], ['T'])],
  ['ly', always(['L'], ['IY0'])],
  ['ness', always(['N'], ['AH0'], ['S'], [])],
  ['less', always(['L'], ['AH0'], ['S'], [])],
  ['ful', always(['F'], ['AH0'], ['L'])],
  ['able', always(['AH0'], ['B'], ['AH0', 'L'], [])],
  ['ish', always(['IH0'], ['SH'], [])],
  ['ism', always(['IH2'], ['Z', 'AH0'], ['M'])],
  ['ist', always(['IH0'], ['S'], ['T'])],
];
/** A shorter base is a word by chance. */
const MIN_BASE = 3;

/** `googling` is `google` with an ending, `podcasters` is one with two. */
function inflected(word: string, dictionary: Dictionary): Spelled | undefined {
  for (const [ending, sounds] of ENDINGS) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length);
    const base = stem.length < MIN_BASE ? undefined : baseOf(stem, ending, dictionary);
    if (base === undefined) continue;
    return [...base, ...sounds(base.flat().at(-1) ?? '')];
  }
  return undefined;
}

/** The stem as it stands, with the `e` that its ending took away, or without the letter that it doubled. */
function baseOf(stem: string, ending: string, dictionary: Dictionary): Spelled | undefined {
  const known = dictionary.find(stem);
  if (known !== undefined || !/^[aei]/.test(ending)) return known;
  const withE = dictionary.find(`${stem}e`);
  if (withE !== undefined) return withE.slice(0, -1);
  const doubled = /([bdgklmnprtvz])\1$/.test(stem) ? dictionary.find(stem.slice(0, -1)) : undefined;
  return doubled === undefined ? undefined : [...doubled, []];
}

/** Two words that the dictionary has, the first as long as may be; the second is stressed less. */
function compound(word: string, dictionary: Dictionary): Spelled | undefined {
  for (let cut = word.length - MIN_BASE; cut >= MIN_BASE; cut--) {
    const first = dictionary.find(word.slice(0, cut));
    const second = first && (dictionary.find(word.slice(cut)) ?? inflected(word.slice(cut), dictionary));
    if (second === undefined || first === undefined) continue;
    return [...first, ...second.map((phonemes) => phonemes.map((phoneme) => phoneme.replace(/1$/, '2')))];
  }
  return undefined;
}
