import { command } from '../../command.ts';
import { printJson, printTable } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Lists workers, those awaiting approval first. */
export const workersList = command({
  summary: 'List workers, those awaiting approval first',
  examples: ['studio-worker studio workers list', 'studio-worker studio workers list --json'],
  exits: OPERATOR_EXITS,
  json: '{registrations: [{requestId, machineName, …}], workers: [{workerId, connected, capabilities, …}]}',
  args: { ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const [registrations, workers] = await Promise.all([studio.registrations(), studio.workers()]);
    if (args.json) return printJson(world.terminal, { registrations, workers });
    printTable(world.terminal, {
      columns: ['id', 'state', 'machine', 'version', 'vram', 'kinds'],
      rows: [
        ...registrations.map((waiting) => [
          waiting.requestId,
          'awaiting approval',
          waiting.machineName,
          waiting.agentVersion,
          `${waiting.vramTotalGb} GiB`,
          waiting.taskKinds.join(', '),
        ]),
        ...workers.map(({ workerId, connected, currentJobId, capabilities }) => [
          workerId,
          connected ? (currentJobId === undefined ? 'idle' : `running ${currentJobId}`) : 'offline',
          capabilities.machineName,
          capabilities.agentVersion,
          `${capabilities.vramTotalGb} GiB`,
          capabilities.taskKinds.join(', '),
        ]),
      ],
    });
  },
});
