/** How much may be written: the reply's own limit, or what the context has room for; undefined when it has none. */
export function budgetFor(promptTokens: number, maxTokens: number, context: number): number | undefined {
  return promptTokens >= context ? undefined : Math.min(Math.max(maxTokens, 1), context - promptTokens);
}

/** The tags around what a model thinks. */
export const OPENING = '<think>';
export const CLOSING = '</think>';

export interface Reply {
  readonly content: string;
  readonly reasoning: string | undefined;
}

/** A model's reasoning and its reply, split at the first closing tag (studio contract). */
export function splitReasoning(text: string): Reply {
  const at = text.indexOf(CLOSING);
  if (at === -1) return { content: text.trim(), reasoning: undefined };
  const thought = text.slice(0, at).trim();
  const reasoning = thought.startsWith(OPENING) ? thought.slice(OPENING.length).trim() : thought;
  return { content: text.slice(at + CLOSING.length).trim(), reasoning };
}

/** The growing reply, up to the first stop string after the reasoning. No character of the stop string ever gets into it. */
export interface StopStringScanner {
  /** True once a stop string came; what follows is not taken. */
  push(piece: string): boolean;
  /** Everything before the stop string, or everything. */
  text(): string;
  /** The text not yet returned in which no stop string can begin; at the end, all that is left. */
  settled(isEnd: boolean): string;
}

/**
 * Watches the answer for any of these; empty ones are ignored (studio contract). Thoughts may hold them: the answer begins
 * after the closing tag where the reply, or the prompt before it, opened one.
 */
export function scanForStopStrings(stops: readonly string[], opensReasoning: boolean): StopStringScanner {
  const searched = stops.filter((stop) => stop !== '');
  const longest = Math.max(0, ...searched.map((stop) => stop.length));
  let text = '';
  let stopped = false;
  let settled = 0;
  /** Where the answer begins, once that is known. */
  let answerAt: number | undefined;
  let searchedTo = 0;

  /** Cuts the text before the first stop string that begins in it from here on. */
  function search(from: number): boolean {
    const found = searched.map((stop) => text.indexOf(stop, from)).filter((at) => at !== -1);
    stopped = found.length > 0;
    if (stopped) text = text.slice(0, Math.min(...found));
    searchedTo = text.length;
    return stopped;
  }

  return {
    push(piece) {
      if (stopped) return true;
      text += piece;
      answerAt ??= answerStart(text, opensReasoning);
      if (answerAt === undefined) return false;
      return search(Math.max(answerAt, searchedTo - longest + 1)); // one may have begun in an earlier piece
    },
    text: () => text,
    settled(isEnd) {
      if (isEnd && answerAt === undefined && !isThought(text, opensReasoning)) search(0);
      const from = settled;
      if (isEnd || stopped) settled = text.length;
      else if (answerAt !== undefined) settled = Math.max(answerAt, heldFrom(text, searched));
      else if (isThought(text, opensReasoning)) settled = text.length;
      return text.slice(from, settled);
    },
  };
}

const isThought = (text: string, opensReasoning: boolean): boolean =>
  opensReasoning || text.trimStart().startsWith(OPENING);

/** Where the answer begins in a reply; undefined while it is a thought, or may become one. */
function answerStart(text: string, opensReasoning: boolean): number | undefined {
  if (isThought(text, opensReasoning)) {
    const closing = text.indexOf(CLOSING);
    return closing === -1 ? undefined : closing + CLOSING.length;
  }
  return OPENING.startsWith(text.trimStart()) ? undefined : 0;
}

/** Where in a text one of these may have begun that is not complete yet; its length where none has. */
export function heldFrom(text: string, endings: readonly string[]): number {
  const longest = Math.max(0, ...endings.map(({ length }) => length));
  for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
    const tail = text.slice(at);
    if (endings.some((ending) => ending.startsWith(tail))) return at;
  }
  return text.length;
}

/** Turns tokens into text. Characters of several bytes may come in several tokens, none of which is text by itself. */
export interface Decoder {
  /** The text that became whole with this token; often all of it, sometimes none. */
  push(token: number): string;
  /** What is left when nothing more comes, without half a character. */
  rest(): string;
}

/** Bytes read as this while their character has not all come, and for good when it never will (studio contract). */
const HALF = '\uFFFD';
const HALF_AT_END = /\uFFFD$/;
/** UTF-8 takes at most four bytes, so after that many tokens the first of them is not half a character but none at all. */
const MAX_TOKENS_PER_CHARACTER = 4;
/** How far back the text of a token may depend on those before it. */
const LOOK_BACK = MAX_TOKENS_PER_CHARACTER;

/** Decodes by asking for the text of tokens after others; see the binding. */
export function createDecoder(textOf: (tokens: readonly number[], before: readonly number[]) => string): Decoder {
  let before: readonly number[] = [];
  let waiting: readonly number[] = [];
  const take = (tokens: readonly number[]): string => {
    const text = tokens.length === 0 ? '' : textOf(tokens, before);
    before = [...before, ...tokens].slice(-LOOK_BACK);
    waiting = waiting.slice(tokens.length);
    return text;
  };
  return {
    push(token) {
      waiting = [...waiting, token];
      if (!textOf(waiting, before).endsWith(HALF)) return take(waiting);
      return waiting.length < MAX_TOKENS_PER_CHARACTER ? '' : take(waiting.slice(0, 1));
    },
    rest: () => take(waiting).replace(HALF_AT_END, ''),
  };
}
