import type { TaskDelta } from '../result.ts';
import { CLOSING, heldFrom, OPENING } from './reply.ts';

/**
 * A reply as it grows, without what its model thinks. The texts since the last `restart` are the beginning of
 * `splitReasoning(reply).content`, and all of it at the end.
 */
export interface ReplyStream {
  /** Text that is certain to be part of the reply. */
  push(text: string): void;
  /** Nothing more comes. */
  end(): void;
}

/**
 * Whether the model thinks is known once its reply, or the prompt before it, opened with the tag. A model that closes
 * what it never opened was thinking all along: what was emitted until then is taken back by a `restart`.
 */
export function createReplyStream(opensReasoning: boolean, emit: (delta: TaskDelta) => void): ReplyStream {
  let at: 'start' | 'thinking' | 'unsure' | 'content' = opensReasoning ? 'thinking' : 'start';
  /** Not decided yet: what may be the beginning of a tag. */
  let window = '';
  const thoughts: string[] = [];
  let content = createTrimmed(emit);

  function begin(): boolean {
    const text = window.trimStart();
    if (text.length < OPENING.length && OPENING.startsWith(text)) return false;
    at = text.startsWith(OPENING) ? 'thinking' : 'unsure';
    return true;
  }

  function close(closing: number): void {
    if (content.hasEmitted()) emit({ is: 'restart' });
    content = createTrimmed(emit);
    at = 'content';
    content.push(window.slice(closing + CLOSING.length));
    window = '';
  }

  return {
    push(text) {
      if (at === 'content') return content.push(text);
      window += text;
      if (at === 'start' && !begin()) return;
      const closing = window.indexOf(CLOSING);
      if (closing !== -1) return close(closing);
      const settled = window.slice(0, heldFrom(window, [CLOSING]));
      window = window.slice(settled.length);
      if (at === 'thinking') thoughts.push(settled);
      else content.push(settled);
    },
    end() {
      // A thought that was never closed is the reply.
      if (at === 'thinking') content.push(thoughts.join(''));
      content.push(window);
      window = '';
      thoughts.length = 0;
    },
  };
}

/** Emits a text as `trim` would leave it: blank space goes out only with what comes after it. */
function createTrimmed(emit: (delta: TaskDelta) => void) {
  let begun = false;
  let blank = '';
  return {
    push(text: string): void {
      const whole = begun ? blank + text : text.trimStart();
      const kept = whole.trimEnd();
      blank = whole.slice(kept.length);
      if (kept === '') return;
      begun = true;
      emit({ is: 'text', text: kept });
    },
    hasEmitted: () => begun,
  };
}
