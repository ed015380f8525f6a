import { formatDuration } from '../../../base/units.ts';
import { JOB_STATUSES } from '../../../contract/worker/jobs.ts';
import type { JobRecord } from '../../../jobs/job-record.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';
import { runningWorker, NO_WORKER_EXITS } from '../../running.ts';
import { agoText } from '../../view/ago.ts';

/** Lists the jobs of the running worker. */
export const jobs = command({
  summary: 'List the running jobs, and those that ended since the worker started',
  examples: ['studio-worker jobs', 'studio-worker jobs --status failed', 'studio-worker jobs --json'],
  exits: NO_WORKER_EXITS,
  json: 'an array of jobs, newest first: {jobId, origin, kind, model, prompt, settings, status, phase?, code?, reason?, hint?, startedAt, finishedAt?, ranOn?, loadMs?, runMs?}',
  args: {
    status: {
      type: 'enum',
      options: [...JOB_STATUSES],
      description: 'Only jobs in this state',
    },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { status } = await runningWorker(args.config, world);
    const all = [...status.recentJobs, ...status.runningJobs].toReversed();
    const found = args.status === undefined ? all : all.filter((job) => job.status === args.status);
    if (args.json) return printJson(world.terminal, found);
    if (found.length === 0) return printLines(world.terminal, 'no jobs since the worker started');
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['job', 'kind', 'model', 'status', 'took', 'ended', 'prompt or reason'],
      rows: found.map((job) => rowOf(job, now)),
    });
  },
});

const rowOf = (
  { jobId, kind, model, status, phase, startedAt, finishedAt, reason, prompt }: JobRecord,
  now: number,
) => [
  jobId,
  kind,
  model,
  phase === undefined ? status : `${status}, ${phase}`,
  formatDuration(Math.max(0, (finishedAt ?? now) - startedAt)),
  finishedAt === undefined ? '' : agoText(finishedAt, now),
  reason ?? prompt,
];
