import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { KEY_ARG, shownValue } from '../../view/config-entry.ts';

/** Prints one value, for scripts: a string without its quotes. */
export const get = command({
  summary: 'Print the value of one config key, a secret masked',
  examples: ['studio-worker config get models_root', 'studio-worker config get kinds.video'],
  exits: [
    { code: 1, means: 'the key is not set and has no default' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{key, value, sentence, applies, variable?}',
  args: { ...KEY_ARG, ...JSON_ARG },
  run: async (args, world) => {
    const { text: _toml, ...entry } = (await world.openConfig(args.config, { readOnly: true })).entry(args.key);
    if (args.json) printJson(world.terminal, entry);
    else if (entry.value !== undefined) printLines(world.terminal, shownValue(entry.value));
    return entry.value === undefined ? 1 : 0;
  },
});
