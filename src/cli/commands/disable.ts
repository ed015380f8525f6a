import { setClaiming } from '../claiming.ts';
import { command, JSON_ARG } from '../command.ts';

/** Turns claiming off. */
export const disable = command({
  summary: 'Take no more jobs, now and after a restart; the running one is finished',
  examples: ['studio-worker disable', 'studio-worker disable --json'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{autoEnabled, workerTold, workerError?: {code, message}}',
  args: { ...JSON_ARG },
  run: (args, world) => setClaiming(false, args, world),
});
