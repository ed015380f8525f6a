import type { Spelled } from './letters.ts';

export type Stress = 'primary' | 'secondary' | 'none';

/** One phoneme of a word, with all that decides how it is said there. */
export interface Sound {
  /** In ARPAbet, without its stress. */
  readonly phoneme: string;
  readonly isVowel: boolean;
  /** A vowel that the dictionary gives any stress, and that is therefore said in full. */
  readonly isFull: boolean;
  readonly stress: Stress;
  /** The letter that it is spelled by, with those before and after it. */
  readonly letter: string;
  readonly before: string;
  readonly after: string;
}

/** The sounds of a word, stressed as espeak stresses words. */
export function soundsOf(word: string, spelled: Spelled): readonly Sound[] {
  const sounds = spelled.flatMap((phonemes, at) =>
    phonemes.map((phoneme): Sound => {
      const mark = /\d$/.exec(phoneme)?.[0];
      return {
        phoneme: phoneme.replace(/\d$/, ''),
        isVowel: mark !== undefined,
        isFull: mark === '1' || mark === '2',
        stress: mark === '1' ? 'primary' : mark === '2' ? 'secondary' : 'none',
        letter: word[at] ?? '',
        before: word.slice(0, at),
        after: word.slice(at + 1),
      };
    }),
  );
  return restressed(sounds);
}

/** So much of a word after the vowel is the ending that some rules are about. */
export const endingOf = ({ letter, after }: Sound): string => letter + after;

function restressed(sounds: readonly Sound[]): readonly Sound[] {
  const vowels = sounds.filter(({ isVowel }) => isVowel);
  const marked = vowels.findIndex(({ stress }) => stress === 'primary');
  const second = vowels.findIndex(({ stress }) => stress === 'secondary');
  const main = marked >= 0 ? marked : Math.max(0, second);
  const stresses = new Map(vowels.map((vowel, at) => [vowel, stressOf(vowel, { at, main, vowels })]));
  return sounds.map((sound) => ({ ...sound, stress: stresses.get(sound) ?? 'none' }));
}

interface Place {
  readonly at: number;
  /** Where the main stress is. */
  readonly main: number;
  readonly vowels: readonly Sound[];
}

/** Vowels that get a secondary stress two syllables after the main one. */
const LONG = new Set(['EY', 'AY', 'AE', 'AW', 'OY']);

/** Two syllables in a row are never both stressed, and of what is left every other one may be. */
function stressOf(vowel: Sound, { at, main, vowels }: Place): Stress {
  if (at === main) return 'primary';
  const isLast = at === vowels.length - 1;
  if (Math.abs(at - main) === 1) return 'none';
  if (vowel.stress === 'primary') return 'secondary';
  const ending = endingOf(vowel);
  if (vowel.phoneme === 'IY' && isLast && /^(y|ie|ey|i)s?$/.test(ending)) return 'none';
  if (vowel.stress === 'secondary')
    return at > 0 && at < main && vowels[at - 1]?.stress === 'secondary' ? 'none' : 'secondary';
  if (at < main) return 'none';
  if (LONG.has(vowel.phoneme)) return 'secondary';
  const isClosed = /^i(sts?|ves?|tes?|ts?)$/.test(ending) && (vowel.phoneme === 'IH' || vowel.phoneme === 'AH');
  return isClosed && isLast && at === main + 2 ? 'secondary' : 'none';
}
