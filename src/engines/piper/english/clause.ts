import { type Accent, ipaOf } from './accent.ts';
import type { Dictionary } from './dictionary.ts';
import { nameOf, pronounce } from './pronounce.ts';
import { table } from './table.ts';
import { type WordLookup, type Token, clauseTokensOf } from './words.ts';

/*
 * How the words of a clause are said together: small words lose their stress, and some run into the next.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const UNSTRESSED = words(
  'a an and are as at be by can could for from get got had has have he her his if in is it its my of or she than that ' +
    "the their there these they this those to was we were when will with would you your am i'm i'll i've i'd i you're " +
    "you'll you've he's she's it's we're we'll we've they're they'll they've that's there's they'd he'd she'd we'd it'll ours hers",
);
const HALF_STRESSED = words(
  'about across among any been before beside but doing down go going him how into make makes me not on our over put ' +
    'should sir so some them up upon us what where which while who whose why within without',
);
/** Said otherwise than alone. */
const WEAK: Readonly<Record<Accent, ReadonlyMap<string, string>>> = {
  american: table(
    'a ɐ, an ɐn, the ðə, to tə, has hɐz, than ðɐn, and ænd, of ʌv, for fɔːɹ, been bɪn, were wɜː, her hɜː, ' +
      "your jʊɹ, into ɪntʊ, our aʊɚ, are ɑːɹ, or ɔːɹ, you're jʊɹ, they're ðeɪɚ, we're wɪɹ, us ʌs, them ðɛm, " +
      'from fɹʌm, was wʌz, what wʌt, because bɪkˈʌz',
  ),
  british: table(
    'a ɐ, an ɐn, the ðə, to tə, has hɐz, than ðɐn, and and, of ɒv, for fɔː, been biːn, were wɜː, her hɜː, ' +
      "your jɔː, into ɪntʊ, our aʊə, are ɑː, or ɔː, you're jɔː, they're ðeə, we're wɪə, us ʌs, them ðɛm, " +
      'from fɹɒm, was wɒz, what wɒt, because bɪkˈɒz',
  ),
};
/** Before a vowel. */
const BEFORE_VOWEL: Readonly<Record<string, string>> = { ðə: 'ðɪ', tə: 'tʊ', ɪt: 'ɪɾ' };
/** These run into a `the` that follows. */
const BEFORE_THE = words('in of on from');
/** At the end of a clause they are stressed all the same. */
const STRESSED_LAST = words('this that there these those');
const VOWEL = /^[ˈˌ]?[aɐɑɒæeəɛɜɪiɔoʊuʌᵻ]/;
/** R comes back, where it was lost at the end of a word. */
const LOST_R: Readonly<Record<Accent, RegExp>> = { american: /[ɚ]$/, british: /(ɑː|ɔː|ɜː|eə|iə|ʊə|ə)$/ };

interface Said {
  readonly text: string;
  readonly ipa: string;
}

/** The phonemes of a clause, in IPA with a space between words; empty when there is nothing to say in it. */
export function sayClause(clause: string, dictionary: Dictionary, accent: Accent): string {
  const tokens = clauseTokensOf(clause, (word) => lookUp(word, dictionary));
  const isAlone = tokens.length === 1;
  const said = tokens.map((token) => say(token, { dictionary, accent, isAlone })).filter(({ ipa }) => ipa !== '');
  const stressed = withStress(said);
  return stressed.map((word, at) => joined(word, stressed[at + 1], accent)).join('');
}

function lookUp(word: string, dictionary: Dictionary): ReturnType<WordLookup> {
  const found = dictionary.find(word);
  if (found === undefined) return 'unknown';
  const names = Array.from(word).flatMap((letter) => nameOf(letter)?.flat() ?? []);
  const plain = (phonemes: readonly string[]): string => phonemes.join(' ').replaceAll(/\d/g, '');
  return plain(found.flat()) === plain(names) ? 'letters' : 'word';
}

interface Saying {
  readonly dictionary: Dictionary;
  readonly accent: Accent;
  /** Whether nothing else is said in the clause: no word is weak then. */
  readonly isAlone: boolean;
}

function say({ is, text }: Token, { dictionary, accent, isAlone }: Saying): Said {
  if (is === 'letters') return { text, ipa: sayLetters(text, accent) };
  const weak = isAlone && text !== 'a' && text !== 'the' ? undefined : WEAK[accent].get(text);
  const ipa = weak ?? (/^[a-z']+$/.test(text) ? ipaOf(text, pronounce(text, dictionary), accent) : text);
  if (isAlone) return { text, ipa };
  if (UNSTRESSED.has(text)) return { text, ipa: ipa.replaceAll(/[ˈˌ]/g, '') };
  return { text, ipa: HALF_STRESSED.has(text) ? halfStressed(ipa) : ipa };
}

/** `USA`: each letter by its name, the last one stressed most. */
function sayLetters(text: string, accent: Accent): string {
  const isOwner = text.endsWith("'s");
  const letters = Array.from(isOwner ? text.slice(0, -2) : text);
  const names = letters.flatMap((letter) => {
    const name = nameOf(letter);
    return name === undefined ? [] : [ipaOf(letter, name, accent)];
  });
  const said = names.map((name, at) => (at === names.length - 1 ? name : name.replace('ˈ', 'ˌ'))).join('');
  return isOwner ? `${said}z` : said;
}

const halfStressed = (ipa: string): string =>
  ipa.includes('ˈ') ? ipa.replaceAll('ˌ', '').replace('ˈ', 'ˌ') : inFull(ipa).replace('ˈ', 'ˌ');

/** With its main stress where it has one or half of one, else on its first vowel. */
const inFull = (ipa: string): string =>
  /[ˈˌ]/.test(ipa) ? ipa.replace('ˌ', 'ˈ') : ipa.replace(/(?=[aɐɑɒæeəɛɜɪiɔoʊuʌᵻ])/, 'ˈ');

/** A clause of small words only is stressed on its last one, and some always are in that place. */
function withStress(said: readonly Said[]): readonly Said[] {
  const last = said.at(-1);
  if (last === undefined) return said;
  const isPlain = said.every(({ ipa }) => !ipa.includes('ˈ'));
  const mustBe = isPlain || (STRESSED_LAST.has(last.text) && said.length > 1);
  return mustBe ? [...said.slice(0, -1), { ...last, ipa: inFull(last.ipa) }] : said;
}

function joined({ text, ipa }: Said, next: Said | undefined, accent: Accent): string {
  if (next === undefined) return ipa;
  const isGlued = next.text === 'the' && BEFORE_THE.has(text);
  const isBeforeVowel = VOWEL.test(next.ipa);
  const linked = isBeforeVowel && LOST_R[accent].test(ipa) && /r(e|s)?$/.test(text) ? `${ipa}ɹ` : ipa;
  const tapped =
    accent === 'british' && ipa === 'ɪt' ? ipa : ((isBeforeVowel ? BEFORE_VOWEL[ipa] : undefined) ?? linked);
  if (isGlued) return tapped.replace('ˌ', '');
  return next.text === 'hundred' && text !== 'a' ? tapped : `${tapped} `;
}
