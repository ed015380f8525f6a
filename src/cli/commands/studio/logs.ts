import { pause } from '../../../base/pause.ts';
import { SECOND_MS } from '../../../base/units.ts';
import type { LogLine } from '../../../contract/operator/views.ts';
import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';
import { findJob, findWorker } from '../../studio-ids.ts';
import { toNumber } from '../../args/values.ts';
import { onOneLine } from '../../view/text-width.ts';

/** The most that the studio gives at once. */
const MAX_LINES = 1_000;
const POLL_MS = SECOND_MS;

/** Prints what the workers logged. */
export const studioLogs = command({
  summary: 'Print the latest log lines of the workers, and follow them',
  examples: [
    'studio-worker studio logs',
    'studio-worker studio logs --follow --worker rig-01',
    'studio-worker studio logs --job job-5f0c --json',
  ],
  exits: OPERATOR_EXITS,
  json: 'one line of the log per line: {seq, workerId, ts, level, category, message, jobId?}',
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Keep printing new lines until stopped' },
    worker: { type: 'string', valueHint: 'worker', description: 'Only this worker, by id or machine name' },
    job: { type: 'string', valueHint: 'job', description: 'Only lines about this job' },
    lines: { type: 'string', valueHint: 'number', default: '50', description: 'How many of the latest lines to read' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const limit = toNumber('--lines', args.lines, { min: 1, max: MAX_LINES, whole: true });
    const studio = await openStudio(args, world);
    const workerId = args.worker === undefined ? undefined : (await findWorker(studio, args.worker)).workerId;
    const jobId = args.job === undefined ? undefined : (await findJob(studio, args.job)).id;
    let after = 0;
    const print = (lines: readonly LogLine[]): void => {
      after = lines.at(-1)?.seq ?? after;
      for (const line of lines.filter((each) => jobId === undefined || each.jobId === jobId)) {
        if (args.json) printJson(world.terminal, line, 0);
        else printLines(world.terminal, lineText(line));
      }
    };
    print(await studio.logs({ workerId, after, limit, newest: true }));
    while (args.follow) {
      const lines = await studio.logs({ workerId, after, limit: MAX_LINES });
      print(lines);
      if (lines.length < MAX_LINES) await pause(world.clock, POLL_MS);
    }
  },
});

const lineText = ({ ts, level, workerId, category, jobId, message }: LogLine): string =>
  onOneLine(`${ts} ${level.padEnd(5)} ${workerId} ${category}${jobId === undefined ? '' : ` ${jobId}`}: ${message}`);
