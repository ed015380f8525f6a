import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findRegistration } from '../../../studio-ids.ts';

export const workersReject = command({
  summary: 'Reject a worker that is waiting for approval',
  examples: ['studio-worker studio workers reject rr-7d6f --reason "unknown machine"'],
  exits: OPERATOR_EXITS,
  json: '{requestId, rejected}',
  args: {
    request: {
      type: 'positional',
      valueHint: 'request',
      description: 'Request id or machine name, as `workers list` shows them; the beginning will do',
    },
    reason: { type: 'string', valueHint: 'text', description: 'Reason, shown to the operator of that worker' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { requestId } = await findRegistration(studio, args.request);
    await studio.reject(requestId, args.reason ?? '');
    if (args.json) printJson(world.terminal, { requestId, rejected: true });
    else printLines(world.terminal, `rejected ${requestId}`);
  },
});
