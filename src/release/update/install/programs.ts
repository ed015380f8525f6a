import { errorChain, WorkerError } from '../../../base/errors.ts';
import { MINUTE_MS } from '../../../base/units.ts';
import type { AskProgram, ProgramAnswer } from '../../../system/process/ask-program.ts';
import type { ChildEnvironment } from '../../../system/process/child.ts';

/** What a release is unpacked and tried with reads some hundred megabytes, on however slow a disk. */
const PROGRAM_MS = 5 * MINUTE_MS;

/**
 * Runs a program for an update, and gives how it ended.
 *
 * @throws WorkerError `update.blocked` for a program that the system does not start; the signal's reason on abort
 */
export type RunForUpdate = (command: readonly string[], signal: AbortSignal) => Promise<ProgramAnswer>;

/** `env` is all that the program gets to know. */
export const createRunForUpdate =
  (ask: AskProgram, env: ChildEnvironment): RunForUpdate =>
  async (command, signal) => {
    try {
      return await ask(command, { env, limitMs: PROGRAM_MS, signal });
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw new WorkerError('update.blocked', `cannot start ${command[0]}: ${errorChain(thrown)}`, {
        cause: thrown,
        hint: 'Allow programs to be started from the folder of the config file.',
        fields: { because: 'a program cannot be started' },
      });
    }
  };

/** Why a program failed; undefined when it did what it was asked. */
export function whyFailed({ end, lastError }: ProgramAnswer): string | undefined {
  if (end.is === 'exited' && end.code === 0) return undefined;
  if (lastError !== '') return lastError;
  if (end.is === 'exited') return `it exited with ${end.code}`;
  return end.is === 'killed' ? `it was killed by ${end.signal}` : 'it took too long';
}
