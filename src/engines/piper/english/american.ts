import { type Reduced, reducedVowel } from './reduced.ts';
import { endingOf, type Sound } from './sounds.ts';
import { table } from './table.ts';

/*
 * American English as espeak's voice `en-us` says it. The rules were found by comparing word by word with what espeak-ng
 * prints; none of its data is in here.
 */

const CONSONANTS = table(
  'B b, CH tʃ, D d, DH ð, F f, G ɡ, HH h, JH dʒ, K k, L l, M m, N n, NG ŋ, P p, R ɹ, S s, SH ʃ, T t, TH θ, ' +
    'V v, W w, Y j, Z z, ZH ʒ',
);
const FULL_VOWELS = table(
  'AA ɑː, AE æ, AH ʌ, AO ɔː, AW aʊ, AY aɪ, EH ɛ, ER ɜː, EY eɪ, IH ɪ, IY iː, OW oʊ, OY ɔɪ, UH ʊ, UW uː',
);

/** A sound with those around it. */
interface Context {
  readonly sound: Sound;
  readonly all: readonly Sound[];
  readonly at: number;
  readonly previous: Sound | undefined;
  readonly next: Sound | undefined;
}

/** The phonemes of each sound of a word, in IPA, without its stress. */
export const americanSounds = (all: readonly Sound[]): readonly string[] =>
  all.map((sound, at) => {
    const context = { sound, all, at, previous: all[at - 1], next: all[at + 1] };
    return sound.isVowel ? vowel(context) : consonant(context);
  });

const isUnstressed = (sound: Sound | undefined): boolean => sound?.isVowel === true && sound.stress === 'none';

function consonant({ sound, all, at, previous, next }: Context): string {
  const { phoneme, letter } = sound;
  const isVelarNext = next?.phoneme === 'K' || next?.phoneme === 'G';
  if (phoneme === 'T' && isUnstressed(next) && (previous?.isVowel === true || previous?.phoneme === 'R')) {
    return isSyllabicN(all, at + 1) ? 'ʔ' : all[at + 2]?.phoneme === 'N' && next?.phoneme !== 'IH' ? 't' : 'ɾ';
  }
  if (phoneme === 'N' && isSyllabicN(all, at - 1)) return 'n̩';
  if (phoneme === 'N' && isVelarNext && (at === 1 || (previous?.letter === 'o' && isUnstressed(previous)))) return 'ŋ';
  if (phoneme === 'W' && previous?.letter === 'u' && previous.phoneme === 'AH' && isUnstressed(previous)) return '';
  if (phoneme === 'Y' && letter === 'i' && next?.phoneme === 'AH' && isUnstressed(next)) {
    return /^[oa]n/.test(sound.after) ? 'i' : 'ɪ';
  }
  return CONSONANTS.get(phoneme) ?? '';
}

/** `button` has no second vowel: its n is a syllable. */
function isSyllabicN(all: readonly Sound[], at: number): boolean {
  const [tap, vowelHere, n] = all.slice(at - 1);
  const [earlier] = all.slice(at - 2);
  const isTap = tap?.phoneme === 'T' && (earlier?.isVowel === true || earlier?.phoneme === 'R');
  const isSpelled =
    vowelHere !== undefined && 'oe'.includes(vowelHere.letter) && /^(AH|IY|IH)$/.test(vowelHere.phoneme);
  return isTap && isSpelled && isUnstressed(vowelHere) && n?.phoneme === 'N';
}

function vowel(context: Context): string {
  const { sound, next } = context;
  const { phoneme, stress, isFull } = sound;
  if (phoneme === 'ER') {
    const core = stress !== 'none' || (isFull && next !== undefined) ? 'ɜː' : 'ɚ';
    return next?.isVowel === true ? `${core}ɹ` : core;
  }
  if (next?.phoneme === 'R') {
    const colored = beforeR(context);
    if (colored !== undefined) return colored;
  }
  if (phoneme === 'IY' && /^ea(s|lly)?$/.test(endingOf(sound)) && next?.isVowel === true) return 'i';
  if (phoneme === 'AO' || phoneme === 'AA') return openVowel(sound, next);
  return (stress === 'none' ? unstressed(context) : undefined) ?? FULL_VOWELS.get(phoneme) ?? '';
}

function beforeR({ sound, all, at }: Context): string | undefined {
  const { phoneme, letter, before } = sound;
  const ending = endingOf(sound);
  if (phoneme === 'AO') return isForce(sound) ? 'oː' : 'ɔː';
  if (phoneme === 'UW') return 'ʊ';
  const isCarry = letter === 'a' && /^ar(r|[ioau])/.test(ending) && !/^ari(ng|ou|ed|ly)/.test(ending);
  if (phoneme === 'EH' && isCarry) return 'æ';
  if (phoneme !== 'IH' && phoneme !== 'IY') return undefined;
  const isPeriod = all[at + 2]?.isVowel === true && /^(er|eor)/.test(ending) && /([pc]|th)$/.test(before);
  return isPeriod ? 'iə' : 'ɪ';
}

/** `force` and `north` are two vowels to espeak, and the spelling says which. */
function isForce(sound: Sound): boolean {
  const { before } = sound;
  const ending = endingOf(sound);
  if (/^(oa|oo|ou)r|^ore(?!i|s|a)|^ores?$|^or(y|ie|ia|a[gb]|ing|iou)/.test(ending) || before.endsWith('o')) return true;
  if (ending.startsWith('ort')) return before.endsWith('p');
  if (ending.startsWith('ord')) return before !== '' && !before.endsWith('l');
  if (ending.startsWith('orm')) return /(n|st)$/.test(before);
  if (ending.startsWith('orn')) return /[wt]$/.test(before);
  return ending.startsWith('orc') && /[fv]$/.test(before);
}

/** `cot`, `caught` and `cloth`: espeak goes by the spelling where speakers differ. */
function openVowel(sound: Sound, next: Sound | undefined): string {
  const { phoneme, letter, before } = sound;
  const ending = endingOf(sound);
  const isCaught = phoneme === 'AO';
  if (letter === 'a') {
    if (/^au[lt]t/.test(ending)) return 'ɔ';
    if (/^a[uw]/.test(ending)) return 'ɔː';
    if (/^al[ts]/.test(ending) && before !== '') return 'ɔ';
    if (/(w|qu)$/.test(before) && /^a(n[^g]|l)(?!l|k)/.test(ending)) return 'ɔ';
    if (/^all(s|ed|en|ing|er)?$/.test(ending)) return 'ɔː';
    return isCaught && !ending.startsWith('ash') ? 'ɔː' : 'ɑː';
  }
  if (letter === 'o') {
    if (ending.startsWith('ong')) return isCaught || /(l|r|s)$/.test(before) ? 'ɔ' : 'ɑː';
    if (ending.startsWith('og')) return 'ɑː';
    if (ending.startsWith('ought')) return 'ɔː';
    if (/^on(to)?$/.test(ending) && before === '') return 'ɔ';
    if (ending.startsWith('offi') && before === '') return 'ɑː';
    if (/^(off|oss$|osses|oth)/.test(ending)) return isCaught || !ending.startsWith('oth') ? 'ɔ' : 'ɑː';
    if (/^(oft|osts?$|osse|ossi)/.test(ending)) return isCaught || !ending.startsWith('oss') ? 'ɔ' : 'ɑː';
    if (ending.startsWith('ough') && next?.phoneme === 'F') return 'ɔ';
  }
  return isCaught ? 'ɔː' : 'ɑː';
}

/** The vowel of an unstressed syllable; undefined for one that is said in full there, too. */
function unstressed(context: Context): string | undefined {
  const { sound, all, at, next } = context;
  const { phoneme, letter, isFull, before } = sound;
  const ending = endingOf(sound);
  const isFirst = all.slice(0, at).every(({ isVowel }) => !isVowel);
  const isLast = all.slice(at + 1).every(({ isVowel }) => !isVowel);
  if (isSyllabicN(all, at)) return '';
  if (phoneme === 'IY') {
    if (/^a?ys?$/.test(ending) && /da?$/.test(before) && /days?$/.test(before + ending)) return 'eɪ';
    if (next?.phoneme === 'ER' || /^[ie]o(?!u)|^ia[lt]/.test(ending)) return 'ɪ';
    if (isFirst && ending.startsWith('ie') && next?.isVowel === true) return 'ɪ';
    if (!isFirst && !isLast && next?.isVowel === false && letter === 'y') return 'ɪ';
  }
  if (phoneme === 'AE' && at === 0 && /^a(cc|dv|dm|tl|mb)/.test(ending)) return 'ɐ';
  if (phoneme === 'EH' && at === 0 && /^e[lmn]/.test(ending)) return ending.startsWith('el') ? 'ᵻ' : 'ɛ';
  if (phoneme === 'AH' && isFull) return 'ʌ';
  const isReduced =
    phoneme === 'AH' || phoneme === 'IH' || (phoneme === 'IY' && !isFull && letter === 'e' && next?.isVowel === false);
  if (isReduced) return reducedVowel(reducedAt(context, isFirst, isLast));
  return phoneme === 'IY' && (!isFull || /^(y|ie|ey|i|e)s?$/.test(ending)) ? 'i' : undefined;
}

function reducedAt({ sound, all, at, previous, next }: Context, isFirst: boolean, isLast: boolean): Reduced {
  const nextVowel = all.slice(at + 1).find(({ isVowel }) => isVowel);
  return { vowel: sound, previous, next, isFirst, isLast, isBeforeMain: nextVowel?.stress === 'primary' };
}
