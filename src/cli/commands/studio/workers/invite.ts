import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';

/** Creates a one-time token for a machine that is being set up right now. */
export const workersInvite = command({
  summary: 'Create a one-time token that lets one worker join without approval',
  examples: ['studio-worker studio workers invite'],
  exits: OPERATOR_EXITS,
  json: '{token, expiresAt}',
  args: { quiet: { type: 'boolean', alias: 'q', description: 'Print the token only' }, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const invitation = await studio.invite();
    if (args.json) printJson(world.terminal, invitation);
    else if (args.quiet) printLines(world.terminal, invitation.token);
    else printLines(world.terminal, invitation.token, `valid for one worker until ${invitation.expiresAt}`);
  },
});
