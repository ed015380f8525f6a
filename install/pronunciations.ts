/**
 * Makes the data that English is pronounced by, from the CMU Pronouncing Dictionary: `bun install/pronunciations.ts`. It
 * takes about a minute. No other program's phonemes go into it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dictionary } from 'cmu-pronouncing-dictionary';
import { lineOf } from '../src/engines/piper/english/dictionary.ts';
import {
  type LetterNode,
  type LetterTree,
  NEIGHBOURS,
  neighbour,
  readLetters,
  type Spelled,
  writeTree,
} from '../src/engines/piper/english/letters.ts';
import { table } from '../src/engines/piper/english/table.ts';

const FOLDER = 'src/engines/piper/english/data';
/** What is pronounced as it is spelled: without initials and abbreviations. */
const WORD = /^[a-z][a-z']+$/;
/** Rounds in which the guess at what each letter stands for gets better; the fifth changes next to nothing. */
const ROUNDS = 4;
/** No letter stands for more. */
const MAX_PHONEMES = 2;

type Cost = (letter: string, phonemes: readonly string[]) => number;
type Entry = readonly [word: string, phonemes: readonly string[]];

/** Every word that is learned from, with the phonemes that are learned for it. */
export function entries(): readonly Entry[] {
  const all: Readonly<Record<string, string>> = dictionary;
  return Object.entries(all)
    .filter(([word]) => WORD.test(word))
    .map(([word, text]) => [word, preferred(phonemesIn(text), phonemesIn(all[`${word}(2)`] ?? ''))] as const)
    .filter(([word, phonemes]) => phonemes.length <= MAX_PHONEMES * word.length)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

const phonemesIn = (text: string): readonly string[] =>
  text
    .replace(/#.*$/, '')
    .split(' ')
    .filter((phoneme) => phoneme !== '');

/** Of `camera` in three syllables and in two, voices are trained on two. */
function preferred(usual: readonly string[], other: readonly string[]): readonly string[] {
  const swallowed = usual.join(' ').replace(/([VMZG]) ER0 (?=[AIE]H0)/, '$1 R ');
  return swallowed === other.join(' ') ? other : usual;
}

const withoutStress = (phoneme: string): string => phoneme.replace(/\d$/, '');
const isVowel = (phoneme: string): boolean => /\d$/.test(phoneme);

/** What consonant letters stand for most of the time: enough to begin with. */
const USUAL = table(
  'b B, c K S CH SH, d D JH T, f F V, g G JH ZH NG, h HH, j JH ZH, k K, l L, m M, n N NG, p P F, q K, r R ER, ' +
    's S Z SH ZH, t T TH DH CH SH, v V F, w W V, x K Z, y Y, z Z S ZH, u W, o W, i Y, e Y',
);

const firstCost: Cost = (letter, phonemes) => {
  const vowelLetter = 'aeiouy'.includes(letter);
  const [first, second] = phonemes;
  if (first === undefined) return letter === "'" ? 0.1 : vowelLetter ? 2 : 2.5;
  if (second !== undefined) {
    if (letter === 'x') return 3;
    if (vowelLetter && first === 'Y') return 3.5;
    return vowelLetter === isVowel(first) ? 6 : 7;
  }
  if (USUAL.get(letter)?.split(' ').includes(withoutStress(first)) === true) return 0.5;
  return vowelLetter && isVowel(first) ? 1.5 : 5;
};

/** The cheapest way to share out a word's phonemes among its letters, in order; undefined when there is none. */
function align([word, phonemes]: Entry, cost: Cost): Spelled | undefined {
  const width = phonemes.length + 1;
  const best = new Float64Array((word.length + 1) * width).fill(Infinity);
  const taken = new Uint8Array(best.length);
  best[0] = 0;
  for (const [at, letter] of Array.from(word).entries()) {
    for (let from = 0; from < width; from++) {
      const before = best[at * width + from] ?? Infinity;
      if (before === Infinity) continue;
      for (let count = 0; count <= MAX_PHONEMES && from + count < width; count++) {
        const total = before + cost(letter, phonemes.slice(from, from + count));
        const place = (at + 1) * width + from + count;
        if (total >= (best[place] ?? Infinity)) continue;
        best[place] = total;
        taken[place] = count;
      }
    }
  }
  return best.at(-1) === Infinity ? undefined : traceBack([word, phonemes], taken);
}

function traceBack([word, phonemes]: Entry, taken: Uint8Array): Spelled {
  const spelled: (readonly string[])[] = [];
  let to = phonemes.length;
  for (let at = word.length; at > 0; at--) {
    const from = to - (taken[at * (phonemes.length + 1) + to] ?? 0);
    spelled.unshift(phonemes.slice(from, to));
    to = from;
  }
  return spelled;
}

/** What letters cost once it is known how often each stands for what. */
function costFrom(all: readonly Entry[], cost: Cost): Cost {
  const counts = new Map<string, Map<string, number>>();
  const keyOf = (phonemes: readonly string[]): string => phonemes.map(withoutStress).join(' ');
  for (const entry of all) {
    for (const [at, phonemes] of (align(entry, cost) ?? []).entries()) {
      const letter = entry[0][at] ?? '';
      const counted = counts.get(letter) ?? new Map<string, number>();
      counts.set(letter, counted.set(keyOf(phonemes), (counted.get(keyOf(phonemes)) ?? 0) + 1));
    }
  }
  const totals = new Map(
    [...counts].map(([letter, of]) => [letter, of.values().reduce((sum, count) => sum + count, 0)]),
  );
  return (letter, phonemes) => {
    const count = counts.get(letter)?.get(keyOf(phonemes));
    return count === undefined ? 12 + 4 * phonemes.length : -Math.log(count / (totals.get(letter) ?? count));
  };
}

interface Example {
  readonly word: string;
  readonly at: number;
  readonly phonemes: string;
}

/** Looks at one more neighbour for as long as letters in the same company are read differently. */
function grow(examples: readonly Example[], depth: number, inherited: string): LetterNode {
  const counts = Map.groupBy(examples, ({ phonemes }) => phonemes);
  let [phonemes, most] = [inherited, counts.get(inherited)?.length ?? 0];
  for (const [other, { length }] of counts) if (length > most) [phonemes, most] = [other, length];
  const next = new Map<string, LetterNode>();
  const distance = NEIGHBOURS[depth];
  if (counts.size > 1 && distance !== undefined) {
    for (const [letter, group] of Map.groupBy(examples, ({ word, at }) => neighbour(word, at, distance))) {
      const node = grow(group, depth + 1, phonemes);
      if (node.next.size > 0 || node.phonemes !== phonemes) next.set(letter, node);
    }
  }
  return { phonemes, next };
}

function growTree(words: readonly (readonly [string, Spelled])[]): LetterTree {
  const examples = words.flatMap(([word, spelled]) =>
    spelled.map((phonemes, at): Example => ({ word, at, phonemes: phonemes.join(' ') })),
  );
  const byLetter = Map.groupBy(examples, ({ word, at }) => word[at] ?? '');
  return new Map([...byLetter].map(([letter, group]) => [letter, grow(group, 0, '')]));
}

function main(): void {
  const all = entries();
  let cost = firstCost;
  for (let round = 0; round < ROUNDS; round++) cost = costFrom(all, cost);
  const spelled = all.flatMap((entry) => {
    const found = align(entry, cost);
    return found === undefined ? [] : [[entry[0], found] as const];
  });
  const tree = growTree(spelled);
  const lines = spelled.map(([word, known]) => {
    const line = lineOf(word, known);
    return lineOf(word, readLetters(tree, word)) === line ? word : line;
  });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/words.txt`, `${lines.join('\n')}\n`);
  writeFileSync(`${FOLDER}/letters.txt`, writeTree(tree));
  console.log(
    `${lines.length} words, ${lines.filter((line) => line.includes(' ')).length} of them with their phonemes`,
  );
}

if (import.meta.main) main();
