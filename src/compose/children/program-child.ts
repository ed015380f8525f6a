import { errorChain } from '../../base/errors.ts';
import { execBoundToParent } from '../../system/process/exec.ts';
import { writeError } from '../../system/process/this-program.ts';
import { startedByHand } from './started-by-hand.ts';

/**
 * This program as the first moment of another: `__program <the worker's pid> <nice> <path> <argument>…`.
 *
 * Comes back only where the other cannot be started. The reason is then its last words, by which the worker explains how
 * a program ended.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runProgramChild([pid = '', nice = '', ...command]: readonly string[]): Promise<number> {
  if (!/^\d+$/.test(pid) || !/^\d+$/.test(nice) || command.length === 0) {
    throw startedByHand('__program', 'Run `studio-worker run`; `studio-worker engines` lists what it can run.');
  }
  try {
    return await execBoundToParent(command, { parentPid: Number(pid), nice: Number(nice) });
  } catch (thrown) {
    writeError(`${command[0]} could not be started: ${errorChain(thrown)}\n`);
    return 1;
  }
}
