import { isatty } from 'node:tty';
import { readLimited } from '../base/bytes.ts';
import { WorkerError } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';

/** Whether standard input is a pipe or a file, and nobody's terminal. */
export const isInputPiped = (): boolean => !isatty(0);

/** What standard input holds, to its end. @throws WorkerError `file.unusable` when there is more than that */
export async function readInput(maxBytes: number): Promise<string> {
  const tooLarge = (): Error =>
    new WorkerError('file.unusable', `standard input holds more than ${formatBytes(maxBytes)}`, {
      hint: 'Give less of it: the contents of one file.',
    });
  return new TextDecoder().decode(await readLimited(Bun.stdin.stream(), { maxBytes, tooLarge }));
}
