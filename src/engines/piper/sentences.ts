/*
 * Cuts a text into what is spoken in one breath. A voice is trained on sentences: longer ones cost memory by the square
 * of their length and drift, and only between sentences can work be counted and stopped.
 */

/** A stretch of text without a pause in it, and the mark that it ends with: one of `.,?!:;`, or none. */
export interface Clause {
  readonly words: string;
  readonly mark: string;
}

/** Clauses that are spoken together. Never empty. */
export type SpokenSentence = readonly Clause[];

/** A sentence without an end is spoken in parts of at most this length. */
export const MAX_SENTENCE_CHARACTERS = 400;

/** Abbreviations whose full stop ends no sentence, in the languages that most voices speak. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof st sr jr rev gen col capt lt sgt gov sen rep hon vs etc no vol fig al approx dept est ' +
    'e.g i.e a.m p.m u.s u.k ph.d hr fr nr bzw usw z.b d.h ca mme mlle sra srta av dott sig'
  ).split(' '),
);
/** A single capital is somebody's first name. */
const INITIAL = /(?:^|[\s.("'“])\p{Lu}\.\s*$/u;
/** Where a number with a full stop is `third`: am 3. Mai. */
const ORDINALS = new Set('cs da de et fi hr hu is lv nb nn no pl sk sl sr tr'.split(' '));
const ORDINAL = /(?:^|\s)\d{1,2}\.\s*$/;
const LAST_WORD = /([\p{L}.]+)\.\s*$/u;
/** A mark inside of an address or a number, as in `example.com/a?b=1`: behind an end there is a blank. */
const NO_END = /[.!?…]["'”’»)\]]*$/u;
/** But not in scripts that are written without blanks. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/** Where a voice makes a pause, and what it reads there. A full stop inside a sentence belongs to an abbreviation. */
const PAUSE = /(?:([,;:!?…]+)(?=["'”’»)\]]*(?:\s|$))|\s[–—-]+\s|—|([，；：！？、。]))/gu;
const MARKS: Readonly<Record<string, string>> = {
  '，': ',',
  '、': ',',
  '；': ';',
  '：': ':',
  '！': '!',
  '？': '?',
  '。': '.',
  '…': '.',
};
const END = /([.!?…。！？]+)["'”’»)\]\s]*$/u;
const SPEAKABLE = /[\p{L}\p{N}\p{S}\p{Emoji_Presentation}]/u;

/** The sentences of a text in this language, in order. Empty for a text with nothing to say in it. */
export function sentencesOf(text: string, language?: string): readonly SpokenSentence[] {
  const locale = knownLanguage(language);
  const segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' });
  const ordinals = ORDINALS.has(locale?.split('-')[0] ?? '');
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim())
    .flatMap((paragraph) => joined(Array.from(segmenter.segment(paragraph), textOf), ordinals))
    .flatMap(cutToLength)
    .map(clausesOf)
    .filter((clauses) => clauses.length > 0);
}

/** The rules of a language that nobody knows are the general ones. */
function knownLanguage(language: string | undefined): string | undefined {
  try {
    return language === undefined ? undefined : Intl.getCanonicalLocales(language.replaceAll('_', '-'))[0];
  } catch {
    return undefined; // no language tag: espeak has names of its own for some
  }
}

const textOf = ({ segment }: { readonly segment: string }): string => segment;

/** Puts pieces together again that were cut within a word, or after `Dr.`, `J.` or, where that is an ordinal, `3.`. */
function joined(pieces: readonly string[], ordinals: boolean): readonly string[] {
  const sentences: string[] = [];
  let goesOn = false;
  for (const piece of pieces) {
    const isWithinWord = NO_END.test(sentences.at(-1) ?? '') && !UNSPACED.test(piece);
    if (goesOn || isWithinWord) sentences.push((sentences.pop() ?? '') + piece);
    else sentences.push(piece);
    goesOn = endsOpen(piece) || (ordinals && ORDINAL.test(piece));
  }
  return sentences;
}

const endsOpen = (piece: string): boolean =>
  INITIAL.test(piece) || ABBREVIATIONS.has((LAST_WORD.exec(piece)?.[1] ?? '').toLowerCase());

/** Cuts what is too long at its last pause, or between two words, or anywhere. */
function cutToLength(sentence: string): readonly string[] {
  const parts: string[] = [];
  let rest = sentence.trim();
  while (rest.length > MAX_SENTENCE_CHARACTERS) {
    const head = rest.slice(0, MAX_SENTENCE_CHARACTERS);
    const pause = Math.max(...[', ', '; ', ': '].map((mark) => head.lastIndexOf(mark))) + 1;
    const space = head.lastIndexOf(' ');
    const anywhere = /[\uD800-\uDBFF]$/.test(head) ? head.length - 1 : head.length; // no character is cut in two
    const at = pause > head.length / 2 ? pause : space > 0 ? space : anywhere;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).trim();
  }
  return rest === '' ? parts : [...parts, rest];
}

function clausesOf(sentence: string): SpokenSentence {
  const end = END.exec(sentence);
  const body = end === null ? sentence : sentence.slice(0, end.index);
  const clauses: Clause[] = [];
  let from = 0;
  for (const pause of body.matchAll(PAUSE)) {
    clauses.push({ words: body.slice(from, pause.index), mark: markOf(pause[1] ?? pause[2] ?? ',') });
    from = pause.index + pause[0].length;
  }
  clauses.push({ words: body.slice(from), mark: markOf(end?.[1] ?? '') });
  return clauses.map(({ words, mark }) => ({ words: words.trim(), mark })).filter(({ words }) => SPEAKABLE.test(words));
}

/** Of `?!` and `...` one mark is enough; a question stays one. */
function markOf(marks: string): string {
  const plain = Array.from(marks, (mark) => MARKS[mark] ?? mark);
  return plain.includes('?') ? '?' : (plain[0] ?? '');
}
