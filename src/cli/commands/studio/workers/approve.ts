import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findRegistration } from '../../../studio-ids.ts';

export const workersApprove = command({
  summary: 'Approve a worker that is waiting to join',
  examples: ['studio-worker studio workers approve rr-7d6f'],
  exits: OPERATOR_EXITS,
  json: '{workerId}',
  args: {
    request: {
      type: 'positional',
      valueHint: 'request',
      description: 'Request id or machine name, as `workers list` shows them; the beginning will do',
    },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const workerId = await studio.approve((await findRegistration(studio, args.request)).requestId);
    if (args.json) printJson(world.terminal, { workerId });
    else printLines(world.terminal, args.quiet ? workerId : `approved as ${workerId}`);
  },
});
