import { endingOf, type Sound } from './sounds.ts';

/** An unstressed vowel among the others of its word. */
export interface Reduced {
  readonly vowel: Sound;
  /** The sounds before and after it. */
  readonly previous: Sound | undefined;
  readonly next: Sound | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Whether the next vowel has the main stress. */
  readonly isBeforeMain: boolean;
}

/**
 * The vowel that espeak has in an unstressed syllable. It keeps apart by spelling what dictionaries write as one: `ɐ` and
 * `ə`, `ᵻ` and `ɪ`.
 */
export function reducedVowel(reduced: Reduced): string {
  const { letter, phoneme } = reduced.vowel;
  const rule = BY_LETTER[letter];
  return rule === undefined ? (phoneme === 'IH' ? 'ɪ' : 'ə') : rule(reduced);
}

const BY_LETTER: Readonly<Record<string, (reduced: Reduced) => string>> = {
  i: spelledI,
  y: spelledI,
  e: spelledE,
  a: spelledA,
  u: spelledU,
  o: spelledO,
};

const follows = ({ next }: Reduced, ...phonemes: readonly string[]): boolean =>
  next !== undefined && phonemes.includes(next.phoneme);

function spelledI(reduced: Reduced): string {
  const { vowel, previous, isFirst, isLast } = reduced;
  if (isLast) {
    const isShun = follows(reduced, 'N') && vowel.phoneme === 'AH' && ['SH', 'CH'].includes(previous?.phoneme ?? '');
    return follows(reduced, 'L') || isShun ? 'ə' : 'ɪ';
  }
  if (isFirst) return follows(reduced, 'V', 'G') ? 'ᵻ' : 'ɪ';
  return follows(reduced, 'T', 'F', 'B', 'Z') ? 'ᵻ' : 'ɪ';
}

function spelledE(reduced: Reduced): string {
  const { vowel, previous, isFirst, isLast, isBeforeMain } = reduced;
  const ending = endingOf(vowel);
  const word = vowel.before + ending;
  if (isFirst) {
    if (ending.startsWith('ex') || (previous === undefined && /^e[nm][^aeo]/.test(ending))) return 'ɛ';
    if (/^(gen|eno)/.test(word)) return 'ɪ';
    if (word.startsWith('hel')) return 'ə';
    if (ending.startsWith('en')) return vowel.phoneme === 'IH' ? 'ᵻ' : 'ə';
    return /^(be[cg]|de[tv]|des[ei]|pre|e[ft]|em[eo]|esp)/.test(word) ? 'ɪ' : 'ᵻ';
  }
  if (isLast) {
    if (/^e[ds]$/.test(ending)) return /[^r]red$/.test(word) ? 'ɪ' : 'ᵻ';
    return follows(reduced, 'T', 'JH') || ending.startsWith('est') ? 'ɪ' : 'ə';
  }
  if (follows(reduced, 'T', 'K', 'V', 'F', 'G')) return 'ɪ';
  return isBeforeMain && follows(reduced, 'P', 'Z') ? 'ᵻ' : 'ə';
}

function spelledA(reduced: Reduced): string {
  const { vowel, isFirst, isLast, isBeforeMain } = reduced;
  if (follows(reduced, 'JH', 'CH') || vowel.after.startsWith('in')) return 'ɪ';
  if (isFirst && !isLast) return follows(reduced, 'SH') ? 'ə' : 'ɐ';
  return !isLast && isBeforeMain ? 'ɐ' : 'ə';
}

function spelledU(reduced: Reduced): string {
  const { vowel, previous, isFirst, isLast } = reduced;
  if (follows(reduced, 'W')) return 'uː';
  if (previous === undefined && vowel.after.startsWith('n')) return 'ʌ';
  const isAfterGlide = previous?.phoneme === 'Y' || previous?.phoneme === 'JH';
  if (isAfterGlide && !isLast && !follows(reduced, 'L')) return 'uː';
  if ((isLast && follows(reduced, 'K')) || (isFirst && previous !== undefined && follows(reduced, 'B', 'M')))
    return 'ʌ';
  return follows(reduced, 'L') && !isLast ? 'ʊ' : 'ə';
}

function spelledO({ vowel, isLast }: Reduced): string {
  return isLast && vowel.after.startsWith('me') ? 'ʌ' : 'ə';
}
