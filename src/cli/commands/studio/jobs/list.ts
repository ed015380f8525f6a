import { JOB_STATES } from '../../../../contract/operator/views.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { toNumber } from '../../../args/values.ts';
import { cellsOf, timesOf } from '../../../view/job-times.ts';
import { agoOf } from '../../../view/ago.ts';

/** More than anybody reads; a typing mistake must not request everything. */
const MAX_LIMIT = 10_000;

/** Lists jobs, newest first. */
export const jobsList = command({
  summary: 'List jobs, newest first',
  examples: [
    'studio-worker studio jobs list',
    'studio-worker studio jobs list --state failed --json',
    'studio-worker studio jobs list --state queued --quiet',
  ],
  exits: OPERATOR_EXITS,
  json: 'an array of jobs: {id, state, project, kind, model, prompt, priority, attempts, createdAt, startedAt?, finishedAt?, deadline?, workerId?, waitsFor?, error?, result?, artifact?, …}',
  args: {
    state: {
      type: 'enum',
      options: [...JOB_STATES],
      description: 'Only jobs in this state',
    },
    project: { type: 'string', valueHint: 'project', description: 'Only jobs of this project' },
    limit: { type: 'string', valueHint: 'number', default: '50', description: 'Maximum number of jobs to list' },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const limit = toNumber('--limit', args.limit, { min: 1, max: MAX_LIMIT, whole: true });
    const studio = await openStudio(args, world);
    const jobs = await studio.jobs({ state: args.state, project: args.project, limit });
    if (args.json) return printJson(world.terminal, jobs);
    if (args.quiet) return printLines(world.terminal, ...jobs.map(({ id }) => id));
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: [
        'job',
        'state',
        'priority',
        'kind',
        'model',
        'worker',
        'created',
        'waited',
        'took',
        'waits for, error or prompt',
      ],
      rows: jobs.map((job) => {
        const [waited, took] = cellsOf(timesOf(job, now));
        return [
          job.id,
          job.state,
          String(job.priority),
          job.kind,
          job.model,
          job.workerId ?? '-',
          agoOf(job.createdAt, now),
          waited,
          took,
          job.waitsFor ?? job.error ?? job.prompt,
        ];
      }),
    });
  },
});
