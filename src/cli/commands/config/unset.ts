import { command, JSON_ARG } from '../../command.ts';
import { KEY_ARG, printChange } from '../../view/config-entry.ts';

/** Takes a key out of the config file, which restores its default. */
export const unset = command({
  summary: 'Remove one key from the config file, which restores its default',
  examples: ['studio-worker config unset models_max_gb'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{key, value?, sentence, applies, variable?, workerTold, workerError?: {code, message}}',
  args: { ...KEY_ARG, ...JSON_ARG },
  run: async (args, world) => {
    const config = await world.openConfig(args.config);
    await printChange(await config.set(args.key, undefined), { world, config, json: args.json });
  },
});
