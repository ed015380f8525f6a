import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';

/** Shown while there is no file: reading writes none, so that it works where nothing can be written. */
export const DEFAULTS_SHOWN = 'showing the defaults that `studio-worker run` will write';

/** Prints the config file. Secrets are masked: a terminal has a history, and a paste has readers. */
export const config = command({
  summary: 'Print the config in force and where its file is, secrets masked',
  examples: ['studio-worker config', 'studio-worker --config ./other.toml config --json'],
  exits: [{ code: 78, means: 'the config file, or a variable that sets one of its keys, is invalid' }],
  json: '{path, exists, config: {…the keys of the file…}, fromEnvironment: [key]}',
  args: { ...JSON_ARG },
  subCommands: {
    get: async () => (await import('./get.ts')).get,
    set: async () => (await import('./set.ts')).set,
    unset: async () => (await import('./unset.ts')).unset,
  },
  run: async (args, world) => {
    const opened = await world.openConfig(args.config, { readOnly: true });
    const { path, exists, overridden } = opened;
    if (args.json) {
      const fromEnvironment = overridden.map(({ key }) => key);
      return printJson(world.terminal, { path, exists, config: opened.facts(), fromEnvironment });
    }
    const [head = '', ...rest] = opened.toml().trimEnd().split('\n');
    const notes = overridden.map(({ key, variable }) => `# ${key} is set by ${variable}`);
    printLines(world.terminal, head, ...(exists ? [] : [`# no file yet: ${DEFAULTS_SHOWN}`]), ...notes, ...rest);
  },
});
