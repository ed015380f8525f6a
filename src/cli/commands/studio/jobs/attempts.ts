import { formatDuration } from '../../../../base/units.ts';
import type { AttemptView } from '../../../../contract/operator/views.ts';
import { command } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';
import { agoOf } from '../../../view/ago.ts';

/** Lists each time that a job was given to a worker. */
export const jobsAttempts = command({
  summary: 'List the attempts at a job: who had it, when, and how it ended',
  examples: ['studio-worker studio jobs attempts job-5f0c'],
  exits: OPERATOR_EXITS,
  json: 'an array of attempts: {number, workerId, startedAt, endedAt?, outcome, error?}',
  args: { ...JOB_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { id } = await findJob(studio, args.job);
    const attempts = await studio.attempts(id);
    if (args.json) return printJson(world.terminal, attempts);
    if (attempts.length === 0) return printLines(world.terminal, `no worker has had ${id} yet`);
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['attempt', 'worker', 'started', 'took', 'outcome', 'error'],
      rows: attempts.map((attempt) => [
        String(attempt.number),
        attempt.workerId,
        agoOf(attempt.startedAt, now),
        tookText(attempt, now),
        attempt.outcome,
        attempt.error ?? '-',
      ]),
    });
  },
});

const tookText = ({ startedAt, endedAt }: AttemptView, now: number): string =>
  formatDuration(Math.max(0, (endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)));
