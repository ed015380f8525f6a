import { americanSounds } from './american.ts';
import { britishSounds } from './british.ts';
import type { Spelled } from './letters.ts';
import { soundsOf } from './sounds.ts';

/** The two ways of saying English that voices are trained on. */
export type Accent = 'american' | 'british';

const MARKS = { primary: 'ˈ', secondary: 'ˌ', none: '' } as const;

/** A word in IPA as espeak writes it: the mark of a stress stands before its vowel. */
export function ipaOf(word: string, spelled: Spelled, accent: Accent): string {
  const sounds = soundsOf(word, spelled);
  const american = americanSounds(sounds);
  const said = accent === 'british' ? britishSounds(sounds, american) : american;
  const marked = said.map((ipa, at) => ipa.replace(/^(?=[^j]|$)|(?<=^j)/, MARKS[sounds[at]?.stress ?? 'none']));
  return marked.join('').replace(/ɪkəli$/, 'ɪkli'); // `basically` has one vowel less than its spelling
}
