import { WorkerError } from '../../../../base/errors.ts';
import type { JobView } from '../../../../contract/operator/views.ts';
import { deadlineIn } from '../../../args/deadline.ts';
import { toNumber } from '../../../args/values.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';
import { PRIORITY_RANGE } from './create.ts';

/** Takes a deadline away. */
const NONE = 'none';

/** Changes a job that has not ended. */
export const jobsSet = command({
  summary: 'Change the priority of a queued job, or the deadline of one that has not ended',
  examples: [
    'studio-worker studio jobs set job-5f0c --priority 10',
    'studio-worker studio jobs set job-5f0c --deadline 2h',
    'studio-worker studio jobs set job-5f0c --deadline none',
  ],
  exits: OPERATOR_EXITS,
  json: 'the job: {id, state, priority, deadline?, …}',
  args: {
    ...JOB_ARG,
    priority: { type: 'string', valueHint: 'number', description: 'Priority from -1000 to 1000; higher goes first' },
    deadline: {
      type: 'string',
      valueHint: 'time',
      description:
        'Deadline, such as 10m from now or 2027-01-31T18:00Z; the job fails if it has not ended by then; none removes it',
    },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const { priority, deadline } = args;
    if (priority === undefined && deadline === undefined) {
      throw new WorkerError('cli.usage', 'nothing to change: give --priority or --deadline');
    }
    const change = {
      ...(priority !== undefined && { priority: toNumber('--priority', priority, PRIORITY_RANGE) }),
      ...(deadline !== undefined && (deadline === NONE ? { deadline } : deadlineIn(deadline))),
    };
    const studio = await openStudio(args, world);
    const job = await studio.changeJob((await findJob(studio, args.job)).id, change);
    if (args.json) printJson(world.terminal, job);
    else printLines(world.terminal, args.quiet ? job.id : standing(job));
  },
});

const standing = ({ id, priority, deadline }: JobView): string =>
  `${id} has priority ${priority} and ${deadline === undefined ? 'no deadline' : `its deadline at ${deadline}`}`;
