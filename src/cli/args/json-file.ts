import { WorkerError } from '../../base/errors.ts';
import { readNamedFile } from './named-file.ts';
import type { World } from '../world.ts';

/**
 * A JSON object from a file that the operator named, long integers kept exact.
 *
 * @throws WorkerError `cli.usage` naming the argument and the file
 */
export async function readJsonFile(
  argument: string,
  path: string,
  world: Pick<World, 'readText' | 'operatorApi'>,
): Promise<Readonly<Record<string, unknown>>> {
  const { MAX_JOB_BYTES, parseJson } = await world.operatorApi();
  const text = await readNamedFile(argument, path, MAX_JOB_BYTES, world);
  if (text === undefined) throw new WorkerError('cli.usage', `${argument}: ${path} does not exist`);
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw new WorkerError('cli.usage', `${argument}: ${path} is not valid JSON`, { cause: thrown });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WorkerError('cli.usage', `${argument}: ${path} must contain a JSON object`);
  }
  return { ...value };
}
