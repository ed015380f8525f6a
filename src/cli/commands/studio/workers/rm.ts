import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findWorker } from '../../../studio-ids.ts';

/** Removes a worker. */
export const workersRm = command({
  summary: 'Remove a worker; its jobs go back to the queue, and it has to be approved again',
  examples: ['studio-worker studio workers rm w-7d6f'],
  exits: OPERATOR_EXITS,
  json: '{workerId, removed}',
  args: {
    worker: {
      type: 'positional',
      valueHint: 'worker',
      description: 'Worker id or machine name; the beginning will do',
    },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { workerId } = await findWorker(studio, args.worker);
    await studio.removeWorker(workerId);
    if (args.json) printJson(world.terminal, { workerId, removed: true });
    else printLines(world.terminal, `removed ${workerId}`);
  },
});
