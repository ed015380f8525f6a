import { WorkerError } from '../../../../base/errors.ts';
import { isPlainFileName } from '../../../../base/foreign/file-name.ts';
import { quoted } from '../../../../base/foreign-text.ts';
import { formatBytes } from '../../../../base/units.ts';
import type { JobView } from '../../../../contract/operator/views.ts';
import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import type { World } from '../../../world.ts';
import { findJob, JOB_ARG } from '../../../studio-ids.ts';

/** Fetches what a job made. */
export const jobsGet = command({
  summary: 'Fetch what a job made: an artifact to a file, a JSON result to standard output',
  examples: [
    'studio-worker studio jobs get job-5f0c',
    'studio-worker studio jobs get job-5f0c golem.webp',
    'studio-worker studio jobs get job-5f0c - > golem.webp',
  ],
  exits: [...OPERATOR_EXITS, { code: 73, means: 'the file exists, or cannot be written' }],
  json: 'the job, and of an artifact {file, writtenBytes}',
  args: {
    ...JOB_ARG,
    file: {
      type: 'positional',
      required: false,
      valueHint: 'path',
      description: 'File to write, or - for standard output (default: <job>.<ext> in this folder)',
    },
    force: { type: 'boolean', description: 'Replace a file that exists' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const job = await findJob(studio, args.job);
    const file = args.file ?? (job.artifact === undefined ? '-' : ownName(`${job.id}.${job.artifact.ext}`));
    const bytes = job.artifact === undefined ? await jsonOf(job, world) : await studio.artifact(job.id);
    if (file === '-') {
      return args.json && job.artifact === undefined
        ? printJson(world.terminal, job)
        : world.terminal.stdout.write(bytes);
    }
    await world.writeFile(file, bytes, { replace: args.force });
    if (args.json) printJson(world.terminal, { ...job, file, writtenBytes: bytes.byteLength });
    else printLines(world.terminal, `wrote ${formatBytes(bytes.byteLength)} to ${file}`);
  },
});

/** A studio may be anybody's: what it calls a result decides no place on this disk. @throws WorkerError `cli.usage` */
function ownName(name: string): string {
  if (isPlainFileName(name)) return name;
  throw new WorkerError('cli.usage', `the studio calls the artifact ${quoted(name)}, which is no plain file name`, {
    hint: 'Name the file to write, after the job.',
  });
}

/** The result of a kind that answers in JSON. @throws WorkerError `studio.refused` when there is none yet */
async function jsonOf({ id, state, result, error }: JobView, world: World): Promise<Uint8Array> {
  if (result !== undefined) return new TextEncoder().encode(`${JSON.stringify(result, undefined, 2)}\n`);
  throw new WorkerError(
    'studio.refused',
    `${id} made nothing: it is ${state}${error === undefined ? '' : `: ${error}`}`,
    {
      hint: (await world.operatorApi()).hasEnded(state)
        ? `Retry it with \`studio-worker studio jobs retry ${id}\`.`
        : `Wait for it with \`studio-worker studio jobs watch ${id}\`.`,
    },
  );
}
