import { WorkerError } from '../../base/errors.ts';
import { bindToParent } from './parent.ts';

/**
 * Turns this process into another program, which ends when our parent ends, however that does.
 *
 * Only Linux has such a bond, and keeps it across the change (prctl(2)); a program of somebody else makes none of its
 * own. Never returns: throws the system's own error when the program cannot be started.
 *
 * @throws WorkerError `native.unavailable` on a system that cannot do this
 */
export async function becomeBound(
  command: readonly string[],
  { parentPid, nice }: { readonly parentPid: number; readonly nice: number },
): Promise<never> {
  const [path = ''] = command;
  await bindToParent(nice);
  if (process.ppid !== parentPid) process.exit(1); // it ended before the bond was made
  process.emitWarning = () => {}; // Bun 1.4.5 warns on every execve that it is experimental
  if (process.execve === undefined) throw noExec();
  return process.execve(path, [...command], process.env);
}

const noExec = (): WorkerError =>
  new WorkerError('native.unavailable', 'this system cannot turn one program into another');
