import { formatDuration } from '../../../../base/units.ts';
import type { WhyView } from '../../../../contract/operator/views.ts';
import { command } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';
import { agoOf } from '../../../view/ago.ts';
import { onOneLine } from '../../../view/text-width.ts';

/** Explains why no worker has a job yet. */
export const jobsWhy = command({
  summary: 'Explain why no worker takes a job, worker by worker',
  examples: ['studio-worker studio jobs why job-5f0c'],
  exits: OPERATOR_EXITS,
  json: '{jobId, state, waitsFor?, deadlineInMs?, pendingRegistrations, workers: [{workerId, machineName?, connected, because, rejectedAt?}]}',
  args: { ...JOB_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const why = await studio.why((await findJob(studio, args.job)).id);
    if (args.json) return printJson(world.terminal, why);
    printLines(world.terminal, ...summaryLines(why));
    if (why.workers.length === 0) return;
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['worker', 'machine', 'asked', 'why not'],
      rows: why.workers.map(({ workerId, machineName, because, rejectedAt }) => [
        workerId,
        machineName ?? '-',
        rejectedAt === undefined ? '-' : agoOf(rejectedAt, now),
        because,
      ]),
    });
  },
});

function summaryLines(why: WhyView): readonly string[] {
  const { jobId, state, waitsFor, deadlineInMs, workers, pendingRegistrations } = why;
  const left = deadlineInMs === undefined ? [] : [`its deadline is in ${formatDuration(deadlineInMs)}`];
  if (state !== 'queued') return [`${jobId} does not wait: it is ${state}`, ...left];
  const pending = `${pendingRegistrations} await approval: run \`studio-worker studio workers list\``;
  return [
    onOneLine(`${jobId} waits: ${waitsFor ?? 'it is about to be offered'}`),
    ...left,
    ...(workers.length === 0 ? ['no worker has joined this studio'] : []),
    ...(pendingRegistrations === 0 ? [] : [pending]),
  ];
}
