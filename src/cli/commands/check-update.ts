import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines } from '../output.ts';

/** Reads the release feed and installs nothing. The two lines are documented; scripts read them. */
export const checkUpdate = command({
  summary: 'Check whether there is a newer release, without installing it',
  examples: ['studio-worker check-update', 'studio-worker check-update --json'],
  exits: [
    { code: 69, means: 'the release feed cannot be read' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{current, latest?, updateAvailable, heldBack?}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const { current, latest, heldBack } = await (await world.updates(args.config)).check();
    if (args.json) printJson(world.terminal, { current, latest, updateAvailable: latest !== undefined, heldBack });
    else printLines(world.terminal, latest === undefined ? `up to date: ${current}` : available(current, latest));
  },
});

const available = (current: string, latest: string): string => `update available: ${current} -> ${latest}`;
