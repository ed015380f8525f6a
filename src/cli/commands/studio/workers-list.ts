import { command } from '../../command.ts';
import { printJson, printTable } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Lists workers, those that wait for approval first. */
export const workersList = command({
  summary: 'List workers, those that wait for approval first',
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
          'waits for approval',
          waiting.machineName,
          waiting.agentVersion,
          `${waiting.vramTotalGb} GB`,
          waiting.taskKinds.join(', '),
        ]),
        ...workers.map(({ workerId, connected, currentJobId, capabilities }) => [
          workerId,
          connected ? (currentJobId === undefined ? 'idle' : `runs ${currentJobId}`) : 'away',
          capabilities.machineName,
          capabilities.agentVersion,
          `${capabilities.vramTotalGb} GB`,
          capabilities.taskKinds.join(', '),
        ]),
      ],
    });
  },
});
