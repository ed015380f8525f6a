import { createInterface } from 'node:readline/promises';
import { isatty } from 'node:tty';

/** Asks the person at the terminal a question with yes or no; undefined when nobody is there to answer it. */
export type Confirm = (question: string) => Promise<boolean | undefined>;

/** On this process's own terminal. An empty answer is a no, and so is the end of the input. */
export const confirmOnTerminal: Confirm = async (question) => {
  if (!isatty(0) || !isatty(2)) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
};
