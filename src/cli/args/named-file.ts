import { WorkerError } from '../../base/errors.ts';
import type { World } from '../world.ts';

/**
 * The text of a file that the operator named; undefined when there is none.
 *
 * @throws WorkerError `cli.usage` naming the argument when it cannot be read, or is no such file as is wanted
 */
export async function readNamedFile(
  argument: string,
  path: string,
  mostBytes: number,
  world: Pick<World, 'readText'>,
): Promise<string | undefined> {
  try {
    return await world.readText(path, mostBytes);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    throw new WorkerError('cli.usage', `${argument}: ${thrown.message}`, { cause: thrown });
  }
}
