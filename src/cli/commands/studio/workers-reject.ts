import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Rejects a worker. */
export const workersReject = command({
  summary: 'Reject a worker that is waiting for approval',
  examples: ['studio-worker studio workers reject rr-7d6f --reason "unknown machine"'],
  exits: OPERATOR_EXITS,
  json: '{requestId, rejected}',
  args: {
    request: { type: 'positional', description: 'Request id, as `workers list` shows it' },
    reason: { type: 'string', valueHint: 'text', description: 'Reason, shown to the operator of that worker' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    await studio.reject(args.request, args.reason ?? '');
    if (args.json) printJson(world.terminal, { requestId: args.request, rejected: true });
    else printLines(world.terminal, `rejected ${args.request}`);
  },
});
