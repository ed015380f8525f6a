import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Removes a model. */
export const modelsRm = command({
  summary: 'Remove a model from the studio',
  examples: ['studio-worker studio models rm z-image-turbo'],
  exits: OPERATOR_EXITS,
  json: '{modelId, removed}',
  args: { model: { type: 'positional', description: 'Model id' }, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    await studio.removeModel(args.model);
    if (args.json) printJson(world.terminal, { modelId: args.model, removed: true });
    else printLines(world.terminal, `removed ${args.model}`);
  },
});
