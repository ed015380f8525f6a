import { WorkerError } from '../../../../base/errors.ts';
import { toNumber } from '../../../args/values.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';
import { PRIORITY_RANGE } from './create.ts';

/** Changes a job that waits. */
export const jobsSet = command({
  summary: 'Change the priority of a queued job',
  examples: ['studio-worker studio jobs set job-5f0c --priority 10'],
  exits: OPERATOR_EXITS,
  json: 'the job: {id, state, priority, …}',
  args: {
    ...JOB_ARG,
    priority: { type: 'string', valueHint: 'number', description: 'From -1000 to 1000; higher goes first' },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    if (args.priority === undefined) throw new WorkerError('cli.usage', 'nothing to change: give --priority');
    const priority = toNumber('--priority', args.priority, PRIORITY_RANGE);
    const studio = await openStudio(args, world);
    const job = await studio.changeJob((await findJob(studio, args.job)).id, { priority });
    if (args.json) printJson(world.terminal, job);
    else printLines(world.terminal, args.quiet ? job.id : `${job.id} has priority ${job.priority}`);
  },
});
