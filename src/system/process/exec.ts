import { WorkerError } from '../../base/errors.ts';
import type { ChildEnvironment } from './child.ts';
import { bindToParent } from './parent.ts';

/**
 * Turns this process into another program, which ends when our parent ends, however that does.
 *
 * Only Linux has such a bond, and keeps it across the change (prctl(2)); a program of somebody else makes none of its
 * own. Never returns: throws the system's own error when the program cannot be started.
 *
 * @throws WorkerError `native.unavailable` on a system that cannot do this
 */
export async function execBoundToParent(
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

/**
 * Goes on as another executable, with the arguments of this process unless others are given: under the same id where the
 * system can do that, and as a successor, beside whose start this process ends, on Windows.
 *
 * Throws the system's own error when it cannot be started.
 */
export function continueAs(
  path: string,
  variables: ChildEnvironment,
  args: readonly string[] = process.argv.slice(2),
): never {
  process.emitWarning = () => {}; // Bun 1.4.5 warns on every execve that it is experimental
  if (process.execve !== undefined && process.platform !== 'win32') {
    return process.execve(path, [path, ...args], { ...variables });
  }
  Bun.spawn([path, ...args], {
    env: { ...variables },
    stdio: ['ignore', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
  }).unref();
  return process.exit(0);
}

const noExec = (): WorkerError =>
  new WorkerError('native.unavailable', 'this system cannot turn one program into another');
