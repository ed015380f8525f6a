import type { Span } from './speech.ts';

/** Something that was said, and when, in seconds. */
export interface Said extends Span {
  readonly text: string;
}

/** What stands for a byte that is no character by itself. */
const BROKEN = '�';
/** Scripts that are written without spaces: there each piece is a word of its own. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const SENTENCE_END = /[.!?…。！？]["'”’」』)]*$/u;
const PAUSE_SECONDS = 1;
const LONGEST_SECONDS = 30;

/**
 * Pieces as their text is in the whole. The model speaks in pieces that may end in the middle of a character; then the
 * pieces of it become one, with the character that the whole has there.
 */
export function mended(pieces: readonly Said[], whole: string): readonly Said[] {
  const sound: Said[] = [];
  let at = 0;
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece === undefined || piece.text === '') continue;
    if (!piece.text.includes(BROKEN)) {
      sound.push(piece);
      at += piece.text.length;
      continue;
    }
    let next = index + 1;
    while (pieces[next]?.text.includes(BROKEN) === true || pieces[next]?.text === '') next += 1;
    const after = pieces[next]?.text;
    const found = after === undefined ? -1 : whole.indexOf(after, at + 1);
    const end = found < 0 ? whole.length : found;
    sound.push({ text: whole.slice(at, end), start: piece.start, end: pieces[next - 1]?.end ?? piece.end });
    at = end;
    index = next - 1;
  }
  return sound;
}

/** Words of pieces: a piece that begins with a space begins a word, what does not goes on with the one before. */
export function wordsOf(pieces: readonly Said[]): readonly Said[] {
  const words: Said[] = [];
  for (const piece of pieces) {
    const before = words.at(-1);
    if (before === undefined || /^\s/.test(piece.text) || UNSPACED.test(piece.text)) words.push(piece);
    else words[words.length - 1] = { text: before.text + piece.text, start: before.start, end: piece.end };
  }
  return words.filter(({ text }) => text.trim() !== '');
}

/** Segments of words: each is a sentence, or what was said between two pauses. */
export function segmentsOf(words: readonly Said[]): readonly Said[] {
  const segments: Said[] = [];
  let open = false;
  for (const word of words) {
    const before = segments.at(-1);
    const goesOn =
      open &&
      before !== undefined &&
      word.start - before.end < PAUSE_SECONDS &&
      word.end - before.start <= LONGEST_SECONDS;
    if (goesOn) segments[segments.length - 1] = { ...before, text: before.text + word.text, end: word.end };
    else segments.push(word);
    open = !SENTENCE_END.test(word.text);
  }
  return segments;
}
