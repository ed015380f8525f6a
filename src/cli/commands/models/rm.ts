import { toWorkerError } from '../../../base/errors.ts';
import { toModelId } from '../../../base/ids.ts';
import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import type { World } from '../../world.ts';
import { onOneLine } from '../../view/text-width.ts';

/** Removes a model's files from this disk, and the model from the memory of the running worker. */
export const rm = command({
  summary: 'Remove a model from this disk, and from the memory of the running worker',
  examples: ['studio-worker models rm z-image-turbo'],
  exits: [
    { code: 69, means: 'the model is not on this disk' },
    { code: 75, means: 'the model is in use' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{removed: […paths…]}',
  args: {
    model: { type: 'positional', valueHint: 'local-model', description: 'Model id, or the name of its folder' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { store } = await world.models(args.config);
    const removed = await store.remove(args.model).catch(async (thrown: unknown) => {
      if (!(await wasUnloaded(thrown, args, world))) throw thrown;
      return await store.remove(args.model);
    });
    if (args.json) return printJson(world.terminal, { removed: removed.map(({ path }) => path) });
    const lines = removed.map(({ path, sizeBytes }) => `removed ${onOneLine(path)} (${formatBytes(sizeBytes)})`);
    printLines(world.terminal, ...lines);
  },
});

/** Whether the running worker held it in memory and gave it up, once its job was done. */
async function wasUnloaded(
  thrown: unknown,
  { model, config }: { readonly model: string; readonly config: string | undefined },
  world: World,
): Promise<boolean> {
  if (toWorkerError(thrown).code !== 'model.in-use') return false;
  const { path } = await world.openConfig(config, { readOnly: true });
  const asked = await world.control(path).ask('unload', { model: toModelId(model) });
  return asked.is === 'answered' && asked.answer.unloaded > 0;
}
