import { formatBytes, formatDiskSpace, GB } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { onOneLine } from '../../view/text-width.ts';
import { toNumber } from '../../args/values.ts';

/** Frees disk space: abandoned downloads first, then the least recently used models. */
export const gc = command({
  summary: 'Remove abandoned downloads, and the least recently used models above a limit',
  examples: ['studio-worker models gc --max-gb 100', 'studio-worker models gc --max-gb 100 --dry-run'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{removed: […paths…], inUse: […paths…], leftBytes}',
  args: {
    'max-gb': {
      type: 'string',
      valueHint: 'number',
      description: 'Limit on disk space for models, in GB of 10^9 bytes (default: models_max_gb)',
    },
    'dry-run': { type: 'boolean', description: 'Show what would be removed, and remove nothing' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const models = await world.models(args.config);
    const asked = args['max-gb'];
    const maxBytes = asked === undefined ? models.maxBytes : toNumber('--max-gb', asked, { min: 0 }) * GB;
    const dryRun = args['dry-run'];
    const { removed, inUse, leftBytes } = await models.store.collect({ maxBytes, dryRun });
    if (args.json) {
      return printJson(world.terminal, {
        removed: removed.map(({ path }) => path),
        inUse: inUse.map(({ path }) => path),
        leftBytes,
      });
    }
    const word = dryRun ? 'would remove' : 'removed';
    printLines(
      world.terminal,
      ...removed.map(({ path, sizeBytes }) => `${word} ${onOneLine(path)} (${formatBytes(sizeBytes)})`),
      ...inUse.map(({ path }) => `kept ${onOneLine(path)}: in use or in memory`),
      `${formatDiskSpace(leftBytes)} of models ${dryRun ? 'would remain' : 'remain'} in ${models.root}`,
    );
    if (maxBytes === undefined) printLines(world.terminal, 'No limit is set: use `--max-gb`, or set `models_max_gb`.');
  },
});
