import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Approves a worker. */
export const workersApprove = command({
  summary: 'Approve a worker that is waiting to join',
  examples: ['studio-worker studio workers approve rr-7d6f'],
  exits: OPERATOR_EXITS,
  json: '{workerId}',
  args: { request: { type: 'positional', description: 'Request id, as `workers list` shows it' }, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const workerId = await studio.approve(args.request);
    if (args.json) printJson(world.terminal, { workerId });
    else printLines(world.terminal, `approved as ${workerId}`);
  },
});
