import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findModel } from '../../../studio-ids.ts';

/** Removes a model. */
export const modelsRm = command({
  summary: 'Remove a model from the studio',
  examples: ['studio-worker studio models rm z-image-turbo'],
  exits: OPERATOR_EXITS,
  json: '{modelId, removed}',
  args: {
    model: { type: 'positional', valueHint: 'studio-model', description: 'Model id; the beginning will do' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { id: modelId } = await findModel(studio, args.model);
    await studio.removeModel(modelId);
    if (args.json) printJson(world.terminal, { modelId, removed: true });
    else printLines(world.terminal, `removed ${modelId}`);
  },
});
