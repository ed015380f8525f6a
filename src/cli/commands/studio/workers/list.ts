import type { WorkerView } from '../../../../contract/operator/views.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { agoOf } from '../../../view/ago.ts';

/** Lists workers, those awaiting approval first. */
export const workersList = command({
  summary: 'List workers, those awaiting approval first',
  examples: ['studio-worker studio workers list', 'studio-worker studio workers list --json'],
  exits: OPERATOR_EXITS,
  json: '{registrations: [{requestId, machineName, …}], workers: [{workerId, connected, idleBecause?, capabilities, …}]}',
  args: { ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const [registrations, workers] = await Promise.all([studio.registrations(), studio.workers()]);
    if (args.json) return printJson(world.terminal, { registrations, workers });
    const ids = [...registrations.map(({ requestId }) => requestId), ...workers.map(({ workerId }) => workerId)];
    if (args.quiet) return printLines(world.terminal, ...ids);
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['id', 'state', 'machine', 'version', 'vram', 'seen', 'kinds', 'takes no job because'],
      rows: [
        ...registrations.map((waiting) => [
          waiting.requestId,
          'awaiting approval',
          waiting.machineName,
          waiting.agentVersion,
          `${waiting.vramTotalGb} GiB`,
          agoOf(waiting.createdAt, now),
          waiting.taskKinds.join(', '),
          `run \`studio-worker studio workers approve ${waiting.requestId}\``,
        ]),
        ...workers.map((worker) => [
          worker.workerId,
          stateOf(worker),
          worker.capabilities.machineName,
          worker.capabilities.agentVersion,
          `${worker.capabilities.vramTotalGb} GiB`,
          worker.lastSeenAt === undefined ? 'never' : agoOf(worker.lastSeenAt, now),
          worker.capabilities.taskKinds.join(', '),
          worker.idleBecause ?? '-',
        ]),
      ],
    });
  },
});

function stateOf({ connected, currentJobId, currentJobIds, maxJobs }: WorkerView): string {
  if (!connected) return 'offline';
  if (currentJobId === undefined) return 'idle';
  if (maxJobs !== undefined && maxJobs > 1) return `running ${currentJobIds.length} of ${maxJobs}`;
  return currentJobIds.length > 1 ? `running ${currentJobIds.length}` : `running ${currentJobId}`;
}
