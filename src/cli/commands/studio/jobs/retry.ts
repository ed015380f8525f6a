import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';

/** Retries a job that failed or was cancelled. */
export const jobsRetry = command({
  summary: 'Retry a job that failed or was cancelled, with all its attempts',
  examples: ['studio-worker studio jobs retry job-5f0c'],
  exits: OPERATOR_EXITS,
  json: 'the job: {id, state, …}',
  args: { ...JOB_ARG, ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const job = await studio.retry((await findJob(studio, args.job)).id);
    if (args.json) printJson(world.terminal, job);
    else printLines(world.terminal, args.quiet ? job.id : `retried ${job.id}`);
  },
});
