import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { factLine, printJson, printLines } from '../../output.ts';
import { onOneLine } from '../../view/text-width.ts';
import { factsOf } from './list.ts';

/** Shows the files of one model. */
export const show = command({
  summary: 'Show the files of a model: size, checksum and source',
  examples: ['studio-worker models show z-image-turbo', 'studio-worker models show z-image-turbo --json'],
  exits: [
    { code: 69, means: 'the model is not on this disk' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: 'an array of files: {model, filename, path, sizeBytes, state, sha256?, url?, usedAt}',
  args: {
    model: { type: 'positional', valueHint: 'local-model', description: 'Model id, or the name of its folder' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { store } = await world.models(args.config);
    const files = await store.show(args.model);
    if (args.json) return printJson(world.terminal, files.map(factsOf));
    for (const file of files) {
      printLines(
        world.terminal,
        factLine('file', onOneLine(file.path)),
        factLine('size', `${formatBytes(file.sizeBytes)}${file.state === 'partial' ? ' so far' : ''}`),
        factLine('sha256', file.sha256 ?? 'unknown'),
        factLine('from', onOneLine(file.url ?? 'unknown, not downloaded by this worker')),
        factLine('last used', new Date(file.usedAt).toISOString()),
        '',
      );
    }
  },
});
