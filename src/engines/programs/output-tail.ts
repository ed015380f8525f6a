/*
 * Programs print why they failed in their last lines, so only the end of the output is kept.
 */
const KEPT_LENGTH = 4000;
const MAX_LINE_LENGTH = 500;

/** The end of a text that grows. */
export const keepTail = (text: string): string => text.slice(-KEPT_LENGTH);

/** The lines that carry text, cut to a length that is fit for a message. */
export const linesOf = (text: string): readonly string[] =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim().slice(0, MAX_LINE_LENGTH))
    .filter((line) => line !== '');

/** The last line with text that a program wrote to stderr. */
export const lastLine = (stderr: string): string => linesOf(stderr).at(-1) ?? '(no stderr)';
