import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { byPrefix } from '../../../view/by-prefix.ts';

/** Revokes a token. */
export const tokensRm = command({
  summary: 'Revoke a token; it opens nothing from then on',
  examples: ['studio-worker studio tokens rm swp_5f0c1b2a'],
  exits: OPERATOR_EXITS,
  json: '{id, removed}',
  args: {
    id: {
      type: 'positional',
      valueHint: 'studio-token',
      description: 'What the token begins with, or its name; the beginning will do',
    },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { id } = byPrefix(idIn(args.id), await studio.tokens(), {
      what: 'tokens',
      listedBy: 'studio tokens list',
      missing: 'studio.not-found',
      namesOf: (token) => [token.id, ...(token.name === undefined ? [] : [token.name])],
    });
    await studio.revokeToken(id);
    if (args.json) printJson(world.terminal, { id, removed: true });
    else printLines(world.terminal, `revoked ${id}`);
  },
});

/** Whoever pastes the whole token means the one it is; its secret is no part of a search. */
const idIn = (given: string): string => /^swp_[\da-f]{8}(?=_)/.exec(given)?.[0] ?? given;
