import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { agoOf } from '../../../view/ago.ts';

/** Lists tokens of projects, oldest first. */
export const tokensList = command({
  summary: 'List tokens of projects by what they begin with',
  examples: ['studio-worker studio tokens list', 'studio-worker studio tokens list --project renders --json'],
  exits: OPERATOR_EXITS,
  json: 'an array of tokens: {id, name?, project, scopes, createdAt, expiresAt?}',
  args: {
    project: { type: 'string', valueHint: 'project', description: 'Only tokens of this project' },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const all = await (await openStudio(args, world)).tokens();
    const tokens = all.filter(({ project }) => args.project === undefined || project === args.project);
    if (args.json) return printJson(world.terminal, tokens);
    if (args.quiet) return printLines(world.terminal, ...tokens.map(({ id }) => id));
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['token', 'project', 'may', 'created', 'expires', 'name'],
      rows: tokens.map(({ id, project, scopes, createdAt, expiresAt, name }) => [
        id,
        project,
        scopes.join(', '),
        agoOf(createdAt, now),
        expiryOf(expiresAt, now),
        name ?? '-',
      ]),
    });
  },
});

function expiryOf(expiresAt: string | undefined, now: number): string {
  if (expiresAt === undefined) return 'never';
  return Date.parse(expiresAt) <= now ? 'expired' : expiresAt;
}
