import { ERROR_CODES, errorChain, toWorkerError } from '../base/errors.ts';
import { sanitizeText } from '../base/foreign-text.ts';

/** What the process exits with after this failure. */
export const exitCodeOf = (thrown: unknown): number => ERROR_CODES[toWorkerError(thrown).code].exit;

/**
 * A failure as the operator reads it: what happened with its code, why, and what to do. The stack is shown only when it
 * is ours to act on, because to everyone else it is noise.
 */
export function describeFailure(thrown: unknown): string {
  const error = toWorkerError(thrown);
  // The code goes on the first line, before a parser's excerpt of the file.
  const [first = '', ...excerpt] = error.message.split('\n');
  const why = error.code === 'internal' ? '' : errorChain(error.cause);
  const ours = ERROR_CODES[error.code].acts === 'us';
  return [
    `error: ${first} [${error.code}]`,
    ...excerpt,
    ...(why === '' || error.message.includes(why) ? [] : [`because: ${why}`]),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
    ...(ours ? [stackOf(error), 'hint: This is a bug in studio-worker. Please report it with the lines above.'] : []),
  ]
    .map((line) => `${sanitizeText(line)}\n`)
    .join('');
}

/** The stack of what was thrown first; ours around it would only show where it was caught. */
function stackOf(error: Error): string {
  const deepest = error.cause instanceof Error ? error.cause : error;
  return deepest.stack ?? deepest.message;
}
