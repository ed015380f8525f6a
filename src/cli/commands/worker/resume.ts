import { setClaiming } from '../../claiming.ts';
import { command, JSON_ARG } from '../../command.ts';

/** Turns claiming on: what a window calls it. */
export const resume = command({
  summary: 'Take jobs again after `pause`',
  examples: ['studio-worker resume', 'studio-worker resume --json'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{autoEnabled, workerTold, workerError?: {code, message}}',
  args: { ...JSON_ARG },
  run: (args, world) => setClaiming(true, args, world),
});
