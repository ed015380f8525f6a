import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { NO_WORKER_EXITS } from '../../running.ts';

/** Frees the memory of a model; its files stay. */
export const unload = command({
  summary: 'Unload a model from the memory of the running worker; its files stay',
  examples: ['studio-worker models unload qwen3.5-0.8b'],
  exits: [
    { code: 69, means: 'no such model, no worker is running, or it does not answer' },
    ...NO_WORKER_EXITS.filter(({ code }) => code !== 69),
  ],
  json: '{model, state: unloading | unloaded}',
  args: {
    model: { type: 'positional', valueHint: 'model', description: 'Id in the catalogue' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const state = await (await world.modelMemory(args.config)).unload(args.model);
    if (args.json) return printJson(world.terminal, { model: args.model, state });
    printLines(
      world.terminal,
      state === 'unloading' ? `${args.model} is unloaded as soon as no job uses it` : `${args.model} is not in memory`,
    );
  },
});
