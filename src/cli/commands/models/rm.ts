import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { onOneLine } from '../../view/text-width.ts';

/** Removes a model's files from this disk. */
export const rm = command({
  summary: 'Remove a model from this disk',
  examples: ['studio-worker models rm z-image-turbo'],
  exits: [
    { code: 69, means: 'the model is not on this disk' },
    { code: 75, means: 'the model is in use or in memory' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{removed: […paths…]}',
  args: {
    model: { type: 'positional', valueHint: 'local-model', description: 'Model id, or the name of its folder' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { store } = await world.models(args.config);
    const removed = await store.remove(args.model);
    if (args.json) return printJson(world.terminal, { removed: removed.map(({ path }) => path) });
    const lines = removed.map(({ path, sizeBytes }) => `removed ${onOneLine(path)} (${formatBytes(sizeBytes)})`);
    printLines(world.terminal, ...lines);
  },
});
