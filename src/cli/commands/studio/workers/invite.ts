import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';

/** Creates a bootstrap token for a machine that is being set up right now. */
export const workersInvite = command({
  summary: 'Create a bootstrap token that lets one worker join without approval',
  examples: ['studio-worker studio workers invite'],
  exits: OPERATOR_EXITS,
  json: '{token, expiresAt}',
  args: { quiet: { type: 'boolean', alias: 'q', description: 'Print the token only' }, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const made = await studio.createBootstrapToken();
    if (args.json) printJson(world.terminal, made);
    else if (args.quiet) printLines(world.terminal, made.token);
    else printLines(world.terminal, made.token, `valid for one worker until ${made.expiresAt}`);
  },
});
