import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Turns a worker away. */
export const workersReject = command({
  summary: 'Turn a worker away that waits for approval',
  examples: ['studio-worker studio workers reject rr-7d6f --reason "unknown machine"'],
  exits: OPERATOR_EXITS,
  json: '{requestId, rejected}',
  args: {
    request: { type: 'positional', description: 'Request id, as `workers list` shows it' },
    reason: { type: 'string', valueHint: 'text', description: 'What the worker shows its operator' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    await studio.reject(args.request, args.reason ?? '');
    if (args.json) printJson(world.terminal, { requestId: args.request, rejected: true });
    else printLines(world.terminal, `rejected ${args.request}`);
  },
});
