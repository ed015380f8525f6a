import { WorkerError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { JSON_ARG, sharedArgs, type Values } from './command.ts';
import { readNamedFile } from './args/named-file.ts';
import type { OperatorClient } from '../operator/client.ts';
import type { World } from './world.ts';

/** Kept out of command lines, which every account on the machine can read. */
const TOKEN_VARIABLE = 'STUDIO_WORKER_STUDIO_TOKEN';

/** Flags of every command that talks to a studio as its operator. */
export const OPERATOR_ARGS = sharedArgs({
  url: { type: 'string', valueHint: 'url', description: 'URL of the studio (default: the one on this machine)' },
  token: {
    type: 'string',
    valueHint: 'token',
    description: 'Token of the operator or a project; visible to other accounts while this runs',
  },
  'token-file': { type: 'string', valueHint: 'path', description: 'Read that token from this file' },
  ...JSON_ARG,
});

/** Exit codes of such a command, beside its own. */
export const OPERATOR_EXITS = [
  { code: 69, means: 'the studio cannot be reached, or does not know the given id' },
  { code: 76, means: 'the studio returned an invalid response' },
  { code: 77, means: 'the studio rejected the token, or cannot do this now' },
] as const;

/**
 * Opens a studio for its operator.
 *
 * @throws WorkerError `cli.usage` when no token can be found
 */
export async function openStudio(
  given: Pick<Values<typeof OPERATOR_ARGS>, 'url' | 'token' | 'token-file'>,
  world: World,
): Promise<OperatorClient> {
  const token = await findToken(given, world);
  const url = given.url ?? world.studioDefaults.url;
  return await world.operator({ url, token });
}

/** From the flag, the file it names, the environment, or the file of the studio on this machine, in this order. */
async function findToken(
  given: Pick<Values<typeof OPERATOR_ARGS>, 'url' | 'token' | 'token-file'>,
  world: World,
): Promise<string> {
  const named = given['token-file'];
  if (given.token !== undefined && named !== undefined) {
    throw new WorkerError('cli.usage', 'use either --token or --token-file, not both');
  }
  if (given.token !== undefined) return usable(given.token, '--token');
  if (named !== undefined) return tokenIn('--token-file', named, world);
  const fromEnvironment = world.env(TOKEN_VARIABLE) ?? '';
  if (fromEnvironment !== '') return usable(fromEnvironment, TOKEN_VARIABLE);
  if (given.url !== undefined && given.url !== world.studioDefaults.url) {
    // This machine's token opens this machine's studio; another host has no business seeing it.
    throw new WorkerError('cli.usage', '--url names another studio, so its operator token is needed', { hint: HINT });
  }
  return tokenIn('operator token', world.studioDefaults.tokenFileIn(world.studioDefaults.dataDir), world);
}

/** Where operators find their token. */
const HINT = `Pass it with --token-file or ${TOKEN_VARIABLE}; \`studio-worker studio\` prints where the file is.`;

/** Our own studio writes its token with a line end, as editors do. */
async function tokenIn(argument: string, path: string, world: World): Promise<string> {
  const text = await readNamedFile(argument, path, MIB, world);
  if (text === undefined) {
    throw new WorkerError('cli.usage', `no operator token at ${path}`, { hint: HINT });
  }
  return usable(text, path);
}

/** A header carries visible ASCII only; anything else is a wrong file, whose content must not be echoed. */
function usable(text: string, source: string): string {
  const token = text.trim();
  if (!/^[\u0021-\u007E]+$/.test(token))
    throw new WorkerError('cli.usage', `${source} does not contain an operator token`);
  return token;
}
