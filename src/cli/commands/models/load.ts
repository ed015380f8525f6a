import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { NO_WORKER_EXITS } from '../../running.ts';

/** Takes a model into memory before its first job. */
export const load = command({
  summary: 'Load a model from this disk into the memory of the running worker',
  examples: ['studio-worker models load qwen3.5-0.8b'],
  exits: [
    { code: 1, means: 'the engine could not load it' },
    { code: 69, means: 'no such model, it does not fit in memory now, or its engine is not ready' },
    ...NO_WORKER_EXITS.filter(({ code }) => code !== 69),
  ],
  json: '{model, state: loaded}',
  args: {
    model: { type: 'positional', valueHint: 'model', description: 'Id in the catalogue' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    await (await world.modelMemory(args.config)).load(args.model);
    if (args.json) return printJson(world.terminal, { model: args.model, state: 'loaded' });
    printLines(world.terminal, `${args.model} is in memory; it stays there for \`keep_warm_secs\` after its last job`);
  },
});
