import { type LetterTree, parseTree, readLetters, type Spelled } from './letters.ts';

/** The two files of `data`, as texts. */
export interface PronunciationData {
  /** A word a line, in the order of their code units: alone, or with the phonemes of each of its letters. */
  readonly words: string;
  /** The tree that reads the words which stand alone. */
  readonly letters: string;
}

/** How English words are pronounced. */
export interface Dictionary {
  /** As the dictionary has it; undefined for a word that it has not. */
  find(word: string): Spelled | undefined;
  /** As its letters are usually read. */
  guess(word: string): Spelled;
}

const SILENT = '-';
const TOGETHER = '+';

/** A word with the phonemes of each of its letters, as a line of the dictionary. */
export const lineOf = (word: string, spelled: Spelled): string =>
  [word, ...spelled.map((phonemes) => (phonemes.length === 0 ? SILENT : phonemes.join(TOGETHER)))].join(' ');

/** Reads no more of the texts than it is asked for. */
export function createDictionary({ words, letters }: PronunciationData): Dictionary {
  let tree: LetterTree | undefined;
  const guess = (word: string): Spelled => readLetters((tree ??= parseTree(letters)), word);
  return {
    guess,
    find(word) {
      const line = findLine(words, word);
      if (line === undefined) return undefined;
      const [, ...tokens] = line.split(' ');
      if (tokens.length === 0) return guess(word);
      return tokens.map((token) => (token === SILENT ? [] : token.split(TOGETHER)));
    },
  };
}

/** By halves, in a text whose lines are sorted. */
function findLine(lines: string, word: string): string | undefined {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const start = lines.lastIndexOf('\n', Math.floor((low + high) / 2) - 1) + 1;
    const newline = lines.indexOf('\n', start);
    const end = newline === -1 ? lines.length : newline;
    const line = lines.slice(start, end);
    const space = line.indexOf(' ');
    const found = space === -1 ? line : line.slice(0, space);
    if (found === word) return line;
    if (found < word) low = end + 1;
    else high = start;
  }
  return undefined;
}
