import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines } from '../output.ts';

/** Shown while there is no file: reading writes none, so that it works where nothing can be written. */
export const DEFAULTS_SHOWN = 'showing the defaults that `studio-worker run` will write';

/** Prints the config file. Secrets are masked: a terminal has a history, and a paste has readers. */
export const config = command({
  summary: 'Print the config file and where it is, secrets masked',
  examples: ['studio-worker config', 'studio-worker --config ./other.toml config --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{path, exists, config: {…the keys of the file…}}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const opened = await world.openConfig(args.config, { readOnly: true });
    if (args.json) printJson(world.terminal, { path: opened.path, exists: opened.exists, config: opened.facts() });
    else {
      const [head = '', ...rest] = opened.toml().trimEnd().split('\n');
      printLines(world.terminal, head, ...(opened.exists ? [] : [`# no file yet: ${DEFAULTS_SHOWN}`]), ...rest);
    }
  },
});
