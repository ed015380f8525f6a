import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { ALL_PLACES, factsOf, findResult, RESULT_ARG } from '../../view/kept-result.ts';

/** Copies a result out of the outbox, which stays as it is. */
export const exportResult = command({
  summary: 'Copy a result to a file, or to standard output',
  examples: ['studio-worker outbox export job-5f0c golem.png', 'studio-worker outbox export job-5f0c - > golem.png'],
  exits: [
    { code: 66, means: 'the result is damaged or gone' },
    { code: 73, means: 'the file exists, or cannot be written' },
  ],
  json: '{id, place, jobId?, …, file, writtenBytes}',
  args: {
    ...RESULT_ARG,
    file: { type: 'positional', valueHint: 'path', description: 'File to write, or - for standard output' },
    force: { type: 'boolean', description: 'Replace a file that exists' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const outbox = await world.outbox(args.config);
    const result = await findResult(args.result, outbox, ALL_PLACES);
    const bytes = await outbox.content(result);
    if (args.file === '-') return world.terminal.stdout.write(bytes);
    await world.writeFile(args.file, bytes, { replace: args.force });
    const writtenBytes = bytes.byteLength;
    if (args.json) printJson(world.terminal, { ...factsOf(result), file: args.file, writtenBytes });
    else printLines(world.terminal, `wrote ${formatBytes(writtenBytes)} to ${args.file}`);
  },
});
