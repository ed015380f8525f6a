import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines } from '../output.ts';

/** Prints the config file. Secrets are masked: a terminal has a history, and a paste has readers. */
export const config = command({
  summary: 'Print the config file and where it is, secrets masked',
  examples: ['studio-worker config', 'studio-worker --config ./other.toml config --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{path, config: {…the keys of the file…}}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const opened = await world.openConfig(args.config);
    if (args.json) printJson(world.terminal, { path: opened.path, config: opened.facts() });
    else printLines(world.terminal, opened.toml().trimEnd());
  },
});
