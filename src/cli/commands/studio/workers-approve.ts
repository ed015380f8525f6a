import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Lets a worker join. */
export const workersApprove = command({
  summary: 'Let a worker join that waits for approval',
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
