import { WorkerError } from '../../../base/errors.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { answerOrThrow, runningWorker, NO_WORKER_EXITS } from '../../running.ts';
import { byPrefix } from '../../view/by-prefix.ts';
import { onOneLine } from '../../view/text-width.ts';

/** Hands a running job back. */
export const cancel = command({
  summary: 'Cancel a running job: the studio may give it to another worker',
  examples: ['studio-worker cancel job-9e04', 'studio-worker cancel'],
  exits: NO_WORKER_EXITS,
  json: '{jobId, cancelled}',
  args: {
    job: { type: 'positional', required: false, description: 'Job id, or its beginning (default: the only one)' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { control, status } = await runningWorker(args.config, world);
    const { runningJobs } = status;
    const [first, second] = runningJobs;
    if (first === undefined) throw noJob('no job is running');
    if (args.job === undefined && second !== undefined) throw noJob(`${runningJobs.length} jobs are running: name one`);
    const names = { what: 'running jobs', listedBy: 'ps', namesOf: (job: typeof first) => [job.jobId] };
    const { jobId } = args.job === undefined ? first : byPrefix(args.job, runningJobs, names);
    const { cancelled } = answerOrThrow(await control.ask('cancel', { jobId }));
    if (args.json) return printJson(world.terminal, { jobId, cancelled });
    printLines(
      world.terminal,
      cancelled
        ? `cancelled ${onOneLine(jobId)}`
        : `${onOneLine(jobId)} has ended already, and its result is being delivered`,
    );
  },
});

const noJob = (message: string): WorkerError =>
  new WorkerError('cli.usage', message, { hint: 'See what runs with `studio-worker ps`.' });
