import { WorkerError } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';
import { sharedArgs, type Values } from '../command.ts';
import type { World } from '../world.ts';
import { readNamedFile } from './named-file.ts';

/** Flags of the commands that register by a bootstrap token. */
export const BOOTSTRAP_ARGS = sharedArgs({
  'bootstrap-token': {
    type: 'string',
    valueHint: 'token',
    description: 'Bootstrap token, which registers without waiting for approval; - reads it from standard input',
  },
  'bootstrap-token-file': {
    type: 'string',
    valueHint: 'path',
    description: 'Read the bootstrap token from this file: command lines are seen by every account',
  },
});

const MAX_BYTES = 64 * KIB;

/**
 * The token from the flag, from standard input or from a file; undefined when none was given.
 *
 * @throws WorkerError `cli.usage`
 */
export async function bootstrapTokenOf(
  given: Values<typeof BOOTSTRAP_ARGS>,
  world: Pick<World, 'readText' | 'readInput'>,
): Promise<string | undefined> {
  const { 'bootstrap-token': token, 'bootstrap-token-file': file } = given;
  if (token !== undefined && file !== undefined) {
    throw new WorkerError('cli.usage', 'use either --bootstrap-token or --bootstrap-token-file, not both');
  }
  if (token === '-' || file === '-') return whole(await world.readInput(MAX_BYTES), 'standard input');
  if (file === undefined) return token;
  const text = await readNamedFile('--bootstrap-token-file', file, MAX_BYTES, world);
  if (text === undefined) throw new WorkerError('cli.usage', `--bootstrap-token-file: ${file} does not exist`);
  return whole(text, file);
}

/** One word, whatever line end an editor put behind it. */
function whole(text: string, source: string): string {
  const token = text.trim();
  if (/^\S+$/.test(token)) return token;
  throw new WorkerError('cli.usage', `${source} does not contain a token`);
}
