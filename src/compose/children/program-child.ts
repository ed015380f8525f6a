import { WorkerError } from '../../base/errors.ts';
import { becomeBound } from '../../system/process/exec.ts';

/**
 * This program as the first moment of another: `__program <the worker's pid> <nice> <path> <argument>…`.
 *
 * @throws WorkerError `cli.usage` when somebody else started it | `engine.failed` when the other cannot be started
 */
export async function runProgramChild([pid = '', nice = '', ...command]: readonly string[]): Promise<never> {
  if (!/^\d+$/.test(pid) || !/^\d+$/.test(nice) || command.length === 0) {
    throw new WorkerError('cli.usage', '`__program` is started by the worker itself', {
      hint: 'Run `studio-worker run`; `studio-worker engines` lists what it can run.',
    });
  }
  try {
    return await becomeBound(command, { parentPid: Number(pid), nice: Number(nice) });
  } catch (thrown) {
    throw new WorkerError('engine.failed', `${command[0]} could not be started`, { cause: thrown });
  }
}
