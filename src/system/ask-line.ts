import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';

/** What somebody did at the prompt: typed a line, Ctrl-C, or Ctrl-D. */
export type TypedLine =
  { readonly is: 'line'; readonly text: string } | { readonly is: 'interrupted' } | { readonly is: 'ended' };

/** As many as a shell keeps. */
const MAX_HISTORY = 500;

/**
 * Asks for lines on this process's own terminal, with a history that arrow keys go through; undefined where nobody is
 * there to type. Between two questions the terminal is as it was, so that Ctrl-C is a signal again.
 */
export function openLines(): ((prompt: string) => Promise<TypedLine>) | undefined {
  if (!isatty(0) || !isatty(1)) return undefined;
  let history: string[] = [];
  return async (prompt) => {
    const { stdin: input, stdout: output } = process;
    const lines = createInterface({ input, output, history, historySize: MAX_HISTORY, removeHistoryDuplicates: true });
    const typed = Promise.withResolvers<TypedLine>();
    lines.on('history', (kept) => (history = kept));
    lines.once('SIGINT', () => typed.resolve({ is: 'interrupted' }));
    lines.once('close', () => typed.resolve({ is: 'ended' }));
    lines.question(prompt, (text) => typed.resolve({ is: 'line', text }));
    try {
      return await typed.promise;
    } finally {
      lines.close();
    }
  };
}
