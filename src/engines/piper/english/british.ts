import { endingOf, type Sound } from './sounds.ts';

/*
 * British English, near to espeak's voice `en-gb`, from a dictionary of American English: what the two do not share is
 * taken from the spelling.
 */

/** What becomes of an American sound where nothing else is said below. */
const SOUNDS: Readonly<Record<string, string>> = {
  æ: 'a',
  oʊ: 'əʊ',
  ɚ: 'ə',
  ɚɹ: 'əɹ',
  oː: 'ɔː',
  ɔ: 'ɒ',
  i: 'i',
  ɾ: 't',
  ʔ: 't',
  n̩: 'n',
  '': 'ə',
  ᵻ: 'ɪ',
};
/** An r that is not said makes the vowel before it another one. */
const BEFORE_SILENT_R: Readonly<Record<string, string>> = { ɛ: 'eə', ɪ: 'iə', ʊ: 'ʊə', iə: 'iə' };
const BEFORE_R: Readonly<Record<string, string>> = { ɪ: 'iə', iː: 'iə', ʊ: 'ʊə' };

/** The phonemes of each sound of a word, from those that American English has for them. */
export const britishSounds = (all: readonly Sound[], american: readonly string[]): readonly string[] =>
  american.map((sounds, at) => {
    const [sound, next] = [all[at], all[at + 1]];
    if (sound === undefined) return sounds;
    if (sound.phoneme === 'R') return next?.isVowel === true ? sounds : '';
    if (sound.isVowel) return vowel(sounds, { sound, all, at, next });
    return sounds === '' ? '' : (SOUNDS[sounds] ?? sounds);
  });

interface Context {
  readonly sound: Sound;
  readonly all: readonly Sound[];
  readonly at: number;
  readonly next: Sound | undefined;
}

function vowel(american: string, { sound, all, at, next }: Context): string {
  const ending = endingOf(sound);
  const previous = all[at - 1];
  if (next?.phoneme === 'R') {
    const isSaid = all[at + 2]?.isVowel === true;
    if (isSaid && american === 'ɛ' && /^a?[ai]r[ei]/.test(ending)) return 'eə';
    if (isSaid && american === 'ɔː' && /^orr?[^r]/.test(ending)) return 'ɒ';
    const colored = (isSaid ? BEFORE_R : BEFORE_SILENT_R)[american];
    if (colored !== undefined) return colored;
  } else if (american === 'ɑː' || american === 'ɔː') {
    if (sound.letter === 'o' && !/^o(u|a)/.test(ending)) return 'ɒ';
    if (american === 'ɑː' && sound.letter === 'a' && /(w|qu|wh)$/.test(sound.before)) return 'ɒ';
  }
  const isTune =
    american === 'uː' &&
    (/^(u|ew|eu)/.test(ending) || /ew/.test(sound.before.slice(-1) + sound.letter)) &&
    /^[TDN]$/.test(previous?.phoneme ?? '');
  return isTune ? 'juː' : (SOUNDS[american] ?? american);
}
