import { pause } from '../../../../base/pause.ts';
import { formatBytes, formatDuration } from '../../../../base/units.ts';
import type { JobView } from '../../../../contract/operator/views.ts';
import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import type { OperatorClient } from '../../../../operator/client.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob } from '../../../studio-ids.ts';
import { timesOf } from '../../../view/job-times.ts';
import { onOneLine } from '../../../view/text-width.ts';
import type { World } from '../../../world.ts';

/** Follows one job, or all open ones, until they end. */
export const jobsWatch = command({
  summary: 'Follow a job, or all open ones, until they end',
  examples: ['studio-worker studio jobs watch', 'studio-worker studio jobs watch 0197c0de --json'],
  exits: [{ code: 1, means: 'a watched job failed or was cancelled' }, ...OPERATOR_EXITS],
  json: 'one job per line whenever its state changes, or what it waits for',
  args: {
    job: {
      type: 'positional',
      required: false,
      valueHint: 'job',
      description: 'Job id; the beginning will do (default: all open jobs)',
    },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { hasEnded } = await world.operatorApi();
    const open = args.job === undefined ? await openJobs(studio) : [(await findJob(studio, args.job)).id];
    return watch(open, {
      studio,
      world,
      hasEnded,
      print: (job) =>
        args.json ? printJson(world.terminal, job, 0) : printLines(world.terminal, jobLine(job, world.clock.now())),
    });
  },
});

/** A state that lasts shorter than this may go unnoticed; the end never does. */
const POLL_MS = 250;
/** Open jobs of one state that are followed at once. */
const MAX_OPEN = 500;

async function openJobs(studio: OperatorClient): Promise<readonly string[]> {
  const states = ['running', 'offered', 'queued'] as const;
  const lists = await Promise.all(states.map((state) => studio.jobs({ state, limit: MAX_OPEN })));
  // A job may move on between two answers and then stand in both.
  return [...new Set(lists.flat().map((job) => job.id))];
}

interface Watching {
  readonly studio: OperatorClient;
  readonly world: World;
  readonly hasEnded: (state: JobView['state']) => boolean;
  readonly print: (job: JobView) => void;
}

/** Polls one job after the other: however many are open, the studio has one request to answer. */
async function watch(jobIds: readonly string[], { studio, world, hasEnded, print }: Watching): Promise<number> {
  const seen = new Map<string, string>();
  let open = jobIds;
  let failed = false;
  while (open.length > 0) {
    const still: string[] = [];
    for (const jobId of open) {
      const job = await studio.job(jobId);
      const standing = `${job.state} ${job.waitsFor ?? ''}`;
      if (seen.get(jobId) !== standing) print(job);
      seen.set(jobId, standing);
      if (!hasEnded(job.state)) still.push(jobId);
      else failed ||= job.state !== 'completed';
    }
    open = still;
    if (open.length > 0) await pause(world.clock, POLL_MS);
  }
  return failed ? 1 : 0;
}

/** The state of a job, what it waits for, and its outcome once it has ended. */
function jobLine(job: JobView, now: number): string {
  const { artifact, error, result, waitsFor } = job;
  const end =
    error ??
    (artifact === undefined
      ? result === undefined
        ? waitsFor
        : JSON.stringify(result)
      : `${artifact.ext}, ${formatBytes(artifact.sizeBytes)}`);
  const { waitMs, workMs } = timesOf(job, now);
  const isOver = job.finishedAt !== undefined && workMs !== undefined;
  const took = isOver ? ` in ${formatDuration(workMs)} after waiting ${formatDuration(waitMs)}` : '';
  return `${job.id} ${job.kind} (${onOneLine(job.model)}): ${job.state}${took}${end === undefined ? '' : `: ${onOneLine(end)}`}`;
}
