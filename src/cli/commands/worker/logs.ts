import { toWorkerError } from '../../../base/errors.ts';
import type { OwnLogLine } from '../../../contract/log-entry.ts';
import type { LogRequest } from '../../../worker/control/log-line.ts';
import type { World } from '../../world.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { NO_WORKER_EXITS } from '../../running.ts';
import { toNumber } from '../../args/values.ts';
import { onOneLine } from '../../view/text-width.ts';

const RANK = { info: 0, warn: 1, error: 2 } as const;
/** About two screens. */
const LINES = 50;

/** Prints what the running worker has logged lately, or the last one where none runs. */
export const logs = command({
  summary: 'Print the latest log lines of the worker, and follow them',
  examples: ['studio-worker logs', 'studio-worker logs --follow', 'studio-worker logs --job job-9e0417 --level warn'],
  exits: NO_WORKER_EXITS,
  json: 'one object per line: {seq, ts, level, category, message, jobId?}',
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Keep printing new lines until stopped' },
    lines: { type: 'string', alias: 'n', valueHint: 'number', description: `Lines to begin with (default: ${LINES})` },
    level: { type: 'enum', options: ['info', 'warn', 'error'], description: 'Lines of this level and above' },
    job: { type: 'string', valueHint: 'id', description: 'Only lines of this job' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const lines = args.lines === undefined ? LINES : toNumber('--lines', args.lines, { min: 0, whole: true });
    const config = await world.openConfig(args.config, { readOnly: true });
    const about = { lines, follow: args.follow, ...(args.job === undefined ? {} : { jobId: args.job }) };
    const found = await linesOf(config.path, about, world);
    const least = RANK[args.level ?? 'info'];
    for await (const line of found) {
      if (RANK[line.level] < least) continue;
      if (args.json) printJson(world.terminal, line, 0);
      else printLines(world.terminal, lineText(line));
      if (world.terminal.stdout.failure !== undefined) return; // the reader has gone
    }
  },
});

/** Those of the running worker; where none runs, those that the last one left in its file. */
async function linesOf(
  configPath: string,
  about: LogRequest,
  world: World,
): Promise<AsyncIterable<OwnLogLine> | readonly OwnLogLine[]> {
  const { signal } = new AbortController(); // Ctrl-C ends the process
  try {
    return await world.control(configPath).stream('logs', about, signal);
  } catch (thrown) {
    const kept = toWorkerError(thrown).code === 'worker.not-running' ? await world.readLogFiles(configPath) : undefined;
    if (kept === undefined) throw thrown;
    world.terminal.stderr.write('no worker is running; these lines are from the file of the last one\n');
    const { jobId, lines } = about;
    return lines === 0 ? [] : kept.filter((line) => jobId === undefined || line.jobId === jobId).slice(-lines);
  }
}

const lineText = ({ ts, level, category, message }: OwnLogLine): string =>
  `${ts}  ${level.padEnd(5)}  ${category.padEnd(12)}  ${onOneLine(message)}`;
