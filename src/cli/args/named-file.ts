import { WorkerError } from '../../base/errors.ts';
import type { World } from '../world.ts';

/**
 * The text of a file that the operator named; undefined when there is none.
 *
 * @throws WorkerError `cli.usage` naming the argument when it cannot be read, or is too large or not a file
 */
export async function readNamedFile(
  argument: string,
  path: string,
  maxBytes: number,
  world: Pick<World, 'readText'>,
): Promise<string | undefined> {
  try {
    return await world.readText(path, maxBytes);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    throw new WorkerError('cli.usage', `${argument}: ${thrown.message}`, { cause: thrown });
  }
}
