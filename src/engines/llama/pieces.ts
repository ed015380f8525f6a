/*
 * The library splits a text into words by regular expressions that call themselves once for each character of an unbroken
 * run. On the stack of a process some 24,000 letters, blanks or signs in a row end it (llama.cpp's pre-tokenizers of
 * gpt-4o, tekken, deepseek, llama4 and more). So that no run is longer, a text is split before it gets there.
 */

/** Far from any word, and far below what the smallest stack of a main thread takes. */
const MAX_RUN = 4_096;
const RUNS = [
  String.raw`[\p{L}\p{M}]`,
  String.raw`\p{N}`,
  String.raw`\s`,
  String.raw`[^\p{L}\p{M}\p{N}\s<>|]`,
  '[<>|]',
];
const LONG_RUN = new RegExp(RUNS.map((one) => `${one}{${MAX_RUN}}`).join('|'), 'gu');

/** A text in pieces, none of which has an unbroken run of more than twice 4,096 characters; most texts are one piece. */
export function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    const end = index + run.length;
    pieces.push(text.slice(from, end));
    from = end;
  }
  return from === 0 ? [text] : [...pieces, text.slice(from)].filter((piece) => piece !== '');
}

/** No vocabulary has longer tokens than some hundred characters. */
const MAX_CHARS_PER_TOKEN = 512;

/**
 * The fewest tokens that a chat can be, by the length of its messages: what does not fit by this is never rendered, which
 * takes minutes for a hundred thousand messages.
 */
export const minTokensOf = (messages: readonly { readonly content: string }[]): number =>
  messages.reduce((sum, { content }) => sum + Math.max(1, Math.ceil(content.length / MAX_CHARS_PER_TOKEN)), 0);
