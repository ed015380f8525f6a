import { setClaiming } from '../claiming.ts';
import { command, JSON_ARG } from '../command.ts';

/** Turns claiming on. */
export const enable = command({
  summary: 'Take jobs again, now and after a restart',
  examples: ['studio-worker enable', 'studio-worker enable --json'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{autoEnabled, workerTold, workerError?: {code, message}}',
  args: { ...JSON_ARG },
  run: (args, world) => setClaiming(true, args, world),
});
