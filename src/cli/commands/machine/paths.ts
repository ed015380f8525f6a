import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printTable } from '../../output.ts';

/** Shows where everything of this program lies. */
export const paths = command({
  summary: 'List every file and folder that this program keeps, with sizes',
  examples: ['studio-worker paths', 'studio-worker paths --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: 'an array of {what, path, sizeBytes?}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const kept = await world.paths(args.config);
    if (args.json) return printJson(world.terminal, kept);
    printTable(world.terminal, {
      columns: ['what', 'size', 'path'],
      rows: kept.map(({ what, path, sizeBytes }) => [
        what,
        sizeBytes === undefined ? '-' : formatBytes(sizeBytes),
        path,
      ]),
    });
  },
});
