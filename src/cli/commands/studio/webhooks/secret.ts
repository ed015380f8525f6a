import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';

/** Shows what signs for `jobs create --webhook`. */
export const webhooksSecret = command({
  summary: 'Print the secret that signs the webhooks of single jobs',
  examples: ['studio-worker studio webhooks secret'],
  exits: OPERATOR_EXITS,
  json: '{secret}',
  args: { ...OPERATOR_ARGS },
  run: async (args, world) => {
    const secret = await (await openStudio(args, world)).webhookSecret();
    if (args.json) printJson(world.terminal, { secret });
    else printLines(world.terminal, secret);
  },
});
