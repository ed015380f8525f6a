import type { SpeechSpan } from './speech.ts';

/** A part of what was spoken, and when, in seconds. */
export interface Segment extends SpeechSpan {
  readonly text: string;
}

/** What stands for a byte that is no character by itself. */
const BROKEN = '�';
/** Scripts that are written without spaces: there each piece is a word of its own. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const SENTENCE_END = /[.!?…。！？]["'”’」』)]*$/u;
const PAUSE_SECONDS = 1;
const MAX_SECONDS = 30;

/**
 * Pieces as their text is in the whole. The model speaks in pieces that may end in the middle of a character; then the
 * pieces of it become one, with the character that the whole has there.
 */
export function repairText(pieces: readonly Segment[], whole: string): readonly Segment[] {
  const spoken = pieces.filter(({ text }) => text !== '');
  const repaired: Segment[] = [];
  let at = 0;
  for (let index = 0; index < spoken.length;) {
    const rest = spoken.slice(index);
    const clean = rest.findIndex(({ text }) => !text.includes(BROKEN));
    const together = clean < 0 ? rest : rest.slice(0, Math.max(1, clean));
    const [first] = together;
    const last = together.at(-1);
    if (first === undefined || last === undefined) break;
    const text = together.map((piece) => piece.text).join('');
    // Nothing of the whole is lost, wherever a guess went wrong.
    const isLast = index + together.length === spoken.length;
    const end = isLast
      ? whole.length
      : clean === 0
        ? at + text.length
        : endOf(text, { whole, at, after: rest[clean]?.text });
    repaired.push({ text: whole.slice(at, end), start: first.start, end: last.end });
    at = end;
    index += together.length;
  }
  return repaired;
}

/**
 * Where a text with broken characters ends in the whole. What is broken is never ASCII, and is at least as many marks as
 * characters; what is intact around it shows how many there are.
 */
function endOf(text: string, { whole, at, after }: { whole: string; at: number; after: string | undefined }): number {
  if (after === undefined) return whole.length;
  const [head = '', ...intact] = text.split(/\ufffd+/);
  const marks = text.match(/\ufffd+/g) ?? [];
  let end = at + head.length;
  for (const [index, part] of intact.entries()) {
    const next = index === intact.length - 1 ? part + after : part;
    let maxCharacters = marks[index]?.length ?? 1;
    do end += (whole.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    while (--maxCharacters > 0 && !whole.startsWith(next, end));
    end += part.length;
  }
  return Math.min(end, whole.length);
}

/** Words of pieces: a piece that begins with a space begins a word, what does not continues the one before. */
export function wordsOf(pieces: readonly Segment[]): readonly Segment[] {
  const words: Segment[] = [];
  for (const piece of pieces) {
    const before = words.at(-1);
    if (before === undefined || /^\s/.test(piece.text) || UNSPACED.test(piece.text)) words.push(piece);
    else words[words.length - 1] = { text: before.text + piece.text, start: before.start, end: piece.end };
  }
  return words.filter(({ text }) => text.trim() !== '');
}

/** Segments of words: each is a sentence, or what was spoken between two pauses. */
export function segmentsOf(words: readonly Segment[]): readonly Segment[] {
  const segments: Segment[] = [];
  let open = false;
  for (const word of words) {
    const before = segments.at(-1);
    const goesOn =
      open && before !== undefined && word.start - before.end < PAUSE_SECONDS && word.end - before.start <= MAX_SECONDS;
    if (goesOn) segments[segments.length - 1] = { ...before, text: before.text + word.text, end: word.end };
    else segments.push(word);
    open = !SENTENCE_END.test(word.text);
  }
  return segments;
}
